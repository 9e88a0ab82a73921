import { ChevronDown, CircleCheck, Clock, ShieldCheck } from 'lucide-react'
import { useRef } from 'react'

import { session } from '#auth/session.ts'
import { ask, mayAsk } from '#desk/asked.ts'
import type { Next } from '#live/written.ts'
import { Button } from '#ui/Button.tsx'
import { classes } from '#ui/classes.ts'
import { Actions } from '#ui/Menu.tsx'

interface SendButtonProps {
  conversationId: string
  disabled: boolean
  /** Files cannot wait for approval. */
  withFiles: boolean
  send: (next?: Next) => void
  propose: () => void
}

/** Sends, alone or together with a change of the conversation. */
export function SendButton({ conversationId, disabled, withFiles, send, propose }: SendButtonProps) {
  const place = useRef<HTMLDivElement>(null)
  const { person } = session()
  const snooze = () =>
    ask('snooze', [conversationId], {
      at: place.current?.getBoundingClientRect(),
      then: ({ snoozedUntil = null }) => send({ status: 'snoozed', snoozedUntil }),
    })
  const changes = mayAsk()
  const asks = person.may('approvals:request')
  const more = changes || asks
  const button = (
    <Button look="primary" disabled={disabled} onClick={() => send()} className={classes(more && 'rounded-r-none')}>
      Send
    </Button>
  )
  if (!more) return button
  return (
    <div ref={place} className="flex">
      {button}
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
          ...(changes
            ? [
                { name: 'Send and resolve', icon: CircleCheck, run: () => send({ status: 'resolved' }) },
                { name: 'Send and snooze…', icon: Clock, run: snooze },
              ]
            : []),
          ...(asks ? [{ name: 'Ask for approval…', icon: ShieldCheck, disabled: withFiles, hint: withFiles && 'Not with files', run: propose }] : []),
        ]}
      />
    </div>
  )
}
