import { useMutation } from '@tanstack/react-query'

import { session } from '#auth/session.ts'
import { useLive } from '#live/context.ts'
import { AT_ONCE } from '#live/queryClient.ts'
import { useConnection } from '#live/status.ts'
import type { Arrived, Written } from '#live/written.ts'
import { useMounted } from '#ui/mounted.ts'
import { timeOfDay } from '#ui/time.ts'
import { toastFailure } from '#ui/toasts.ts'

import { Act } from './Actions.tsx'
import { Frame, NoteName } from './BubbleFrame.tsx'
import { WrittenDelivery } from './Delivery.tsx'
import { type Editing, mustFit } from './editing.ts'
import { Text } from './Text.tsx'
import { Uploading } from './Uploading.tsx'

interface WrittenBubbleProps {
  written: Written
  first: boolean
  onEdit: Editing
}

/** A message written here that the API may not have yet. */
export function WrittenBubble({ written, first, onEdit }: WrittenBubbleProps) {
  const live = useLive()
  const { outbox } = live
  const isMounted = useMounted()
  const offline = useConnection().state === 'offline'
  const overtaken = written.state === 'overtaken'
  const held = overtaken || written.state === 'refused'
  const again = useMutation({ meta: AT_ONCE, mutationFn: () => outbox.retry(written) })
  const back = useMutation({
    meta: AT_ONCE,
    mutationFn: async (write: boolean) => {
      if (write) mustFit(written.conversationId, written)
      // If it has arrived in the meantime, it shows as the API has it, with its own buttons.
      if (!held && !(await outbox.takeBack(written))) return
      if (held) outbox.discard(written)
      if (write) onEdit(written)
    },
    // It goes out after all, and whoever has gone elsewhere would not see that.
    onError: (error) => {
      if (isMounted()) return
      toastFailure(`Not taken back: ${live.look(written.conversationId)?.contact?.name ?? 'a message'}`, written.clientId, error)
    },
  })
  // On its first try a message usually arrives before anybody has read a button.
  const waits = written.state === 'waiting' || (written.state === 'sending' && written.reason !== null && written.files.length === 0)
  return (
    <Frame
      look={held ? 'failed' : written.private ? 'note' : 'agent'}
      left={false}
      first={first}
      note={written.private}
      own
      dim={!held}
      name={written.private && <NoteName name={session().person.name} />}
      foot={
        <>
          <time dateTime={written.createdAt} className="tabular-nums">
            {timeOfDay(written.createdAt)}
          </time>
          <WrittenDelivery written={written} offline={offline} />
          {held && (
            <>
              {overtaken && <Act name="Send anyway" act={() => outbox.sendAnyway(written)} />}
              {!overtaken && !written.filesLost && <Act name="Retry" busy={again.isPending} act={() => again.mutate()} />}
              <Act name={overtaken ? 'Edit' : 'Edit and resend'} busy={back.isPending} act={() => back.mutate(true)} />
              <Act name="Discard" act={() => outbox.discard(written)} />
            </>
          )}
          {waits && (
            <>
              <Act name="Edit" busy={back.isPending} act={() => back.mutate(true)} />
              <Act name="Discard" busy={back.isPending} act={() => back.mutate(false)} />
            </>
          )}
          {back.error && (
            <span role="alert" className="text-bad">
              Not taken back: {back.error.message}
            </span>
          )}
        </>
      }
    >
      {written.content && <Text text={written.content} mail={false} />}
      {written.files.length > 0 && <Uploading written={written} stop={() => back.mutate(true)} />}
      {overtaken && <News arrived={written.arrived} />}
    </Frame>
  )
}

/** Messages that came before it could be sent. */
function News({ arrived }: { arrived: readonly Arrived[] }) {
  return (
    <div role="alert" className="mt-2 border-t border-bad-line pt-2 text-sm">
      <p className="font-medium">While you wrote:</p>
      <ul className="mt-1 flex flex-col gap-1">
        {arrived.map(({ id, name, incoming, content }) => (
          <li key={id} dir="auto" className="line-clamp-3 wrap-anywhere">
            <span className="text-soft">{name ?? (incoming ? 'The customer' : 'A colleague')}: </span>
            {(content ?? '') || 'a file'}
          </li>
        ))}
      </ul>
    </div>
  )
}
