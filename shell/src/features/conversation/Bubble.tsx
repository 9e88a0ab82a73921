import { Ban, Bot, Lock } from 'lucide-react'
import { lazy, memo, type ReactNode, Suspense } from 'react'


import type { Message } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { useConnection, useOutbox } from '#live/live.ts'
import type { Written } from '#live/outbox.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { Button } from '#ui/Button.tsx'
import { classes } from '#ui/classes.ts'
import { exactly, timeOfDay } from '#ui/time.ts'

import { Actions } from './Actions.tsx'
import { Attachments } from './Attachments.tsx'
import { Delivery, WrittenDelivery } from './Delivery.tsx'
import { mailOf } from './mail.ts'
import { Text } from './Text.tsx'
import { Uploading } from './Uploading.tsx'

const MailBody = lazy(() => import('./MailBody.tsx'))

type Look = 'customer' | 'agent' | 'bot' | 'note' | 'failed' | 'deleted'

const LOOKS: Record<Look, string> = {
  customer: 'border-line bg-surface',
  agent: 'border-accent-line/60 bg-accent-soft',
  bot: 'border-dashed border-accent-line bg-accent-soft/50',
  note: 'border-note-line bg-note',
  failed: 'border-bad-line bg-bad-soft',
  deleted: 'border-line border-dashed bg-transparent text-faint italic',
}

interface FrameProps {
  look: Look
  left: boolean
  first: boolean
  dim?: boolean
  name?: ReactNode
  avatar?: ReactNode
  foot?: ReactNode
  children: ReactNode
}

function Frame({ look, left, first, dim = false, name, avatar, foot, children }: FrameProps) {
  return (
    <div className={classes('flex gap-2.5', left ? 'justify-start' : 'justify-end', first ? 'mt-3' : 'mt-1')}>
      {left && <span className="w-6 shrink-0">{first && avatar}</span>}
      <div className={classes('flex max-w-[min(36rem,82%)] min-w-0 flex-col', left ? 'items-start' : 'items-end')}>
        {first && name && <div className="mb-1 flex items-center gap-1 px-1 text-xs text-soft">{name}</div>}
        <div
          className={classes(
            'max-w-full rounded-2xl border px-3.5 py-2 transition-opacity',
            LOOKS[look],
            dim && 'opacity-60',
          )}
        >
          {children}
        </div>
        {foot && <div className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 px-1 text-xs text-faint">{foot}</div>}
      </div>
    </div>
  )
}

function NoteName({ name }: { name: string }) {
  return (
    <span className="inline-flex items-center gap-1 text-note-text">
      <Lock aria-hidden className="size-3" />
      {name} · Only your team sees this
    </span>
  )
}

function lookOf(message: Message): Look {
  if (message.deleted) return 'deleted'
  if (message.state === 'failed') return 'failed'
  if (message.private) return 'note'
  if (message.messageType === 'incoming') return 'customer'
  return message.sender?.type === 'agent_bot' || message.messageType === 'template' ? 'bot' : 'agent'
}

function nameOf(message: Message, look: Look): ReactNode {
  const name = message.sender?.name
  if (message.private) return <NoteName name={name ?? 'Note'} />
  if (look === 'bot') {
    return (
      <>
        <Bot aria-hidden className="size-3.5" />
        {name ?? 'Automatic'}
      </>
    )
  }
  return name === session().person.name ? null : name
}

/** States that nobody has to look at are shown under the last message of a run only. */
const QUIET = new Set(['sent', 'delivered', 'read'])

interface BubbleProps {
  message: Message
  /** The customer, as the rest of the screen colours them. */
  contactId: string
  first: boolean
  last: boolean
}

export const Bubble = memo(function Bubble({ message, contactId, first, last }: BubbleProps) {
  const look = lookOf(message)
  const left = message.messageType === 'incoming'
  const { content, contentType, attachments, deleted, state } = message
  const showsState = !deleted && state != null && (last || !QUIET.has(state))
  const dim = state === 'sending' || state === 'queued'
  return (
    <Frame
      look={look}
      left={left}
      first={first}
      dim={dim}
      name={nameOf(message, look)}
      avatar={left && <Avatar size="small" name={message.sender?.name ?? '?'} seed={contactId} />}
      foot={
        (last || showsState) && (
          <>
            <time dateTime={message.createdAt} title={exactly(message.createdAt)} className="tabular-nums">
              {timeOfDay(message.createdAt)}
            </time>
            {showsState && (
              <>
                <Delivery message={message} />
                <Actions message={message} />
              </>
            )}
          </>
        )
      }
    >
      {deleted ? (
        <span className="inline-flex items-center gap-1.5">
          <Ban aria-hidden className="size-3.5" />
          This message was deleted
        </span>
      ) : (
        <>
          <Content message={message} />
          <Attachments attachments={attachments} />
          {!content && attachments.length === 0 && (
            <span className="text-faint italic">This kind of message ({contentType}) shows in Chatwoot only</span>
          )}
        </>
      )}
    </Frame>
  )
})

/** A mail as it was laid out; any other message, and a mail until then, as its text. */
function Content({ message }: { message: Message }) {
  const { content, contentType } = message
  const text = content && <Text text={content} mail={contentType === 'incoming_email'} />
  const mail = mailOf(message)
  return mail ? (
    <Suspense fallback={text}>
      <MailBody mail={mail} />
    </Suspense>
  ) : (
    text
  )
}

interface WrittenBubbleProps {
  written: Written
  first: boolean
  onEdit: (written: Written) => void
}

/** What was written here and is not yet known to be with the API. */
export function WrittenBubble({ written, first, onEdit }: WrittenBubbleProps) {
  const outbox = useOutbox()
  const offline = useConnection().state === 'offline'
  const refused = written.state === 'refused'
  return (
    <Frame
      look={refused ? 'failed' : written.private ? 'note' : 'agent'}
      left={false}
      first={first}
      dim={!refused}
      name={written.private && <NoteName name={session().person.name} />}
      foot={
        <>
          <time dateTime={written.createdAt} className="tabular-nums">
            {timeOfDay(written.createdAt)}
          </time>
          <WrittenDelivery written={written} offline={offline} />
          {refused && (
            <>
              <Button className="h-6 px-2 text-xs" onClick={() => outbox.retry(written)}>
                Retry
              </Button>
              <Button className="h-6 px-2 text-xs" onClick={() => onEdit(written)}>
                Edit
              </Button>
              <Button className="h-6 px-2 text-xs" onClick={() => outbox.discard(written)}>
                Discard
              </Button>
            </>
          )}
        </>
      }
    >
      {written.content && <Text text={written.content} mail={false} />}
      {written.files.length > 0 && <Uploading written={written} />}
    </Frame>
  )
}
