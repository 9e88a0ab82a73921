import { useTypists } from '#live/typing.ts'

/** Always takes its space, and no more, so that nothing jumps and no name covers the field. */
export function Typing({ conversationId }: { conversationId: string }) {
  const typists = useTypists(conversationId)
  const customer = typists.find((one) => one.actorType === 'contact')
  const colleague = typists.find((one) => one.actorType !== 'contact')
  return (
    <p aria-live="polite" className="flex h-6 items-center gap-2 px-2 text-xs text-soft">
      {customer && (
        <span className="inline-flex min-w-0 items-center gap-1.5">
          <span aria-hidden className="inline-flex shrink-0 gap-0.5">
            {[0, 1, 2].map((dot) => (
              <span
                key={dot}
                className="size-1.5 rounded-full bg-faint"
                style={{ animation: `hop 1.1s ${dot * 0.14}s infinite` }}
              />
            ))}
          </span>
          <span className="truncate">{customer.name ?? 'The customer'} is typing</span>
        </span>
      )}
      {colleague && (
        <span className="min-w-0 truncate">
          {colleague.name ?? 'A colleague'} is {colleague.private ? 'writing a note' : 'replying'}…
        </span>
      )}
    </p>
  )
}
