import { ChevronDown, CircleCheck, Clock, ShieldCheck } from 'lucide-react'
import { useRef } from 'react'

import { session } from '#auth/session.ts'
import { ask } from '#desk/asked.ts'
import type { Next } from '#live/outbox.ts'
import { Button } from '#ui/Button.tsx'
import { Actions } from '#ui/Menu.tsx'

interface SendButtonProps {
  conversationId: string
  disabled: boolean
  /** Files cannot wait for an approval. */
  withFiles: boolean
  send: (next?: Next) => void
  propose: () => void
}

/** Sends, or sends and does something more. */
export function SendButton({ conversationId, disabled, withFiles, send, propose }: SendButtonProps) {
  const place = useRef<HTMLDivElement>(null)
  const { person } = session()
  const snooze = () =>
    ask('snooze', [conversationId], {
      at: place.current?.getBoundingClientRect(),
      then: ({ snoozedUntil = null }) => send({ status: 'snoozed', snoozedUntil }),
    })
  return (
    <div ref={place} className="flex">
      <Button look="primary" disabled={disabled} onClick={() => send()} className="rounded-r-none">
        Send
      </Button>
      <Actions
        label="More ways to send"
        trigger={(menu) => (
          <Button
            look="primary"
            {...menu}
            disabled={disabled}
            aria-label="More ways to send"
            className="rounded-l-none border-l border-accent-text/30 px-1.5"
          >
            <ChevronDown aria-hidden className="size-4" />
          </Button>
        )}
        actions={[
          { name: 'Send and resolve', icon: CircleCheck, run: () => send({ status: 'resolved' }) },
          { name: 'Send and snooze…', icon: Clock, run: snooze },
          ...(person.may('approvals:request')
            ? [{ name: 'Ask for approval…', icon: ShieldCheck, disabled: withFiles, run: propose }]
            : []),
        ]}
      />
    </div>
  )
}
