import { Ban, Bot } from 'lucide-react'
import { memo, type ReactNode, useState } from 'react'

import type { Message } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { useOutbox } from '#live/context.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { lazily } from '#ui/lazily.tsx'
import { exactly, timeOfDay } from '#ui/time.ts'

import { Actions } from './Actions.tsx'
import { Answers, answersOf, asks } from './Answers.tsx'
import { Attachments } from './Attachments.tsx'
import { Frame, type Look, NoteName } from './BubbleFrame.tsx'
import { Deletion } from './Deletion.tsx'
import { Delivery } from './Delivery.tsx'
import type { Editing } from './editing.ts'
import { mailOf } from './mail.ts'
import { Text } from './Text.tsx'

const MailBody = lazily(() => import('./MailBody.tsx'))

function lookOf(message: Message): Look {
  if (message.deleted) return 'deleted'
  if (message.state === 'failed') return 'failed'
  if (message.private) return 'note'
  if (message.messageType === 'incoming') return 'customer'
  return message.sender?.type === 'agent_bot' || message.messageType === 'template' ? 'bot' : 'agent'
}

/** The name above a message. For replies of ours, Chatwoot may only know the name of the token. */
function nameOf(message: Message, look: Look, own: boolean): ReactNode {
  const name = message.author?.name ?? message.sender?.name
  if (message.private) return <NoteName name={name ?? 'Note'} />
  if (look === 'bot') {
    return (
      <>
        <Bot aria-hidden className="size-3.5" />
        <span dir="auto" className="truncate">{name ?? 'Automatic'}</span>
      </>
    )
  }
  return name == null || own ? null : <span dir="auto" className="truncate">{name}</span>
}

/** States that need no attention: shown only under the last message of a run, unless another state was shown before. */
const QUIET = new Set(['sent', 'delivered', 'read'])

interface BubbleProps {
  message: Message
  /** The customer's id, which sets the colour of their avatar. */
  contactId: string
  /** The address of the conversation in Chatwoot. */
  chatwootUrl: string | null
  first: boolean
  last: boolean
  onEdit: Editing
}

export const Bubble = memo(function Bubble({ message, contactId, chatwootUrl, first, last, onEdit }: BubbleProps) {
  const look = lookOf(message)
  const own = useOutbox().wrote(message)
  const mayWrite = session().person.may('conversations:reply')
  const left = message.messageType === 'incoming'
  const { content, contentType, attachments, deleted, state } = message
  const speaks = state != null && (last || !QUIET.has(state))
  // A state that was shown once keeps its place while the thread is open, so that nothing below jumps when it is
  // settled.
  const [shown, setShown] = useState(speaks)
  if (speaks && !shown) setShown(true)
  const showsState = !deleted && state != null && shown
  const answers = asks(message) ? answersOf(message) : []
  const empty = !content && attachments.length === 0 && !mailOf(message)
  const dim = state === 'sending' || state === 'queued'
  return (
    <Frame
      look={look}
      left={left}
      first={first}
      note={message.private}
      own={own}
      dim={dim}
      name={nameOf(message, look, own)}
      tools={own && mayWrite && <Deletion message={message} />}
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
                {mayWrite && <Actions message={message} onEdit={onEdit} />}
              </>
            )}
          </>
        )
      }
    >
      {deleted ? (
        <span className="inline-flex flex-wrap items-center gap-1.5">
          <Ban aria-hidden className="size-3.5" />
          This message was deleted
          <InChatwoot url={chatwootUrl} />
        </span>
      ) : (
        <>
          <Content message={message} />
          <Attachments attachments={attachments} />
          {answers.length > 0 ? (
            <Answers answers={answers} />
          ) : (
            (asks(message) || empty) && (
              <span className="inline-flex flex-wrap items-center gap-1.5 text-sm text-faint italic">
                {content ? 'The rest is visible in Chatwoot' : `This kind of message (${contentType}) is only visible in Chatwoot`}
                <InChatwoot url={chatwootUrl} />
              </span>
            )
          )}
        </>
      )}
    </Frame>
  )
})

/** A link for what cannot be shown here. */
function InChatwoot({ url }: { url: string | null }) {
  return (
    url && (
      <a href={url} target="_blank" rel="noreferrer" className="underline underline-offset-2">
        Open in Chatwoot
      </a>
    )
  )
}

/** A mail with its layout; any other message, and a mail until that has loaded, as text. */
function Content({ message }: { message: Message }) {
  const { content, contentType } = message
  const text = content && <Text text={content} mail={contentType === 'incoming_email'} />
  const mail = mailOf(message)
  return mail ? (
    <MailBody mail={mail} meanwhile={text} />
  ) : (
    text
  )
}
