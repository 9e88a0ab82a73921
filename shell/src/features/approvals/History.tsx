import { useInfiniteQuery } from '@tanstack/react-query'

import { compareInstants } from '#api/instant.ts'
import type { Approval, Message } from '#api/types.ts'
import { messagesQuery } from '#live/queries.ts'
import { exactly } from '#ui/time.ts'

interface Step {
  at: string
  words: string
}

/** What became of the reply that an approval sent. */
const REPLY: Record<NonNullable<Message['state']>, string> = {
  queued: 'The reply is waiting to be sent',
  sending: 'The reply is being sent',
  sent: 'The reply was sent',
  delivered: 'The reply was delivered',
  read: 'The customer has read the reply',
  retrying: 'The reply will be retried',
  failed: 'The reply was not sent',
  unknown: 'The reply may have been sent; checking',
}

/** All known steps of a request, the first one first. */
export function History({ approval }: { approval: Approval }) {
  const { conversationId, messageId } = approval
  const thread = useInfiniteQuery({ ...messagesQuery(conversationId), enabled: messageId != null }).data
  const reply = thread?.find(({ id }) => id === messageId)
  return (
    <ol className="flex flex-col gap-1.5">
      {stepsOf(approval, reply).map(({ at, words }) => (
        <li key={words}>
          {words}
          <span className="block text-sm text-soft">{exactly(at)}</span>
        </li>
      ))}
    </ol>
  )
}

export function stepsOf(approval: Approval, reply?: Message): Step[] {
  const { requestedBy, createdAt, lastHeardAt, decidedAt, decidedBy, status, editedContent, stale } = approval
  const steps = [{ at: createdAt, words: `${requestedBy} asked` }]
  // The API tells it of what waits; Chatwoot's time may run ahead of ours, or behind. Of what is decided, only times tell.
  const heard =
    decidedAt == null ? stale : lastHeardAt != null && compareInstants(lastHeardAt, createdAt) > 0 && compareInstants(lastHeardAt, decidedAt) < 0
  if (heard && lastHeardAt != null) {
    steps.push({ at: lastHeardAt, words: 'The customer wrote again' })
  }
  if (decidedAt != null) {
    const did = status === 'withdrawn' ? 'withdrew it' : `${status} it${editedContent == null ? '' : ', with a different text'}`
    steps.push({ at: decidedAt, words: `${decidedBy ?? 'Someone'} ${did}` })
  }
  if (reply?.state != null) steps.push({ at: reply.updatedAt, words: REPLY[reply.state] })
  return steps
}
