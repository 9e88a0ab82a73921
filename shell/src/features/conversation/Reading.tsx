import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { ExternalLink } from 'lucide-react'
import { useCallback } from 'react'

import { nameOf } from '#desk/words.ts'
import { again } from '#live/again.ts'
import { useDrafts } from '#live/context.ts'
import { conversationQuery } from '#live/queries.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { channelName } from '#ui/ChannelIcon.tsx'
import { StatusMark } from '#ui/Marks.tsx'
import { useMounted } from '#ui/mounted.ts'

import { type Editing, putBack } from './editing.ts'
import { unreadOf } from './lines.ts'
import { NotThere } from './NotThere.tsx'
import { Thread } from './Thread.tsx'
import { Unconnected } from './Unconnected.tsx'

/** A conversation to read beside something else. */
export function Reading({ id }: { id: string }) {
  const query = useQuery(conversationQuery(useQueryClient(), id))
  const navigate = useNavigate()
  const isMounted = useMounted()
  const drafts = useDrafts()
  // There is no composer here, so a text to be edited opens the conversation.
  const edit = useCallback<Editing>(
    (text) => {
      putBack(drafts, id, text)
      // If the person has gone elsewhere in the meantime, the draft waits for them.
      if (isMounted()) void navigate({ to: '/inbox/$id', params: { id }, search: { status: 'any' } })
    },
    [drafts, id, navigate, isMounted],
  )
  if (!query.data) {
    if (query.isError) {
      return <NotThere error={query.error} retry={() => void again(query)} back={() => void navigate({ to: '/inbox' })} />
    }
    return <div className="skeleton m-5 h-40" role="status" aria-label="Loading conversation" />
  }
  const { contact, channel, status, chatwootUrl = null } = query.data
  const name = nameOf(query.data)
  return (
    <section aria-label="Conversation" className="flex h-full min-h-0 flex-col">
      <header className="flex h-12 shrink-0 items-center gap-3 border-b border-line bg-surface px-4 text-sm">
        <Avatar name={name} seed={contact?.id ?? id} size="small" />
        <h2 dir="auto" className="min-w-0 truncate font-semibold">{name}</h2>
        <span className="min-w-0 grow truncate text-soft">
          <span className="hidden two:inline">{channelName(channel)}</span>
        </span>
        <span className="shrink-0 text-soft max-two:hidden">
          <StatusMark status={status} />
        </span>
        <Link
          to="/inbox/$id"
          params={{ id }}
          search={{ status: 'any' }}
          className="inline-flex shrink-0 items-center gap-1.5 text-accent underline underline-offset-2"
        >
          <ExternalLink aria-hidden className="size-3.5" />
          Open the conversation
        </Link>
      </header>
      <Unconnected accountId={query.data.accountId} />
      <Thread
        conversationId={id}
        contactId={contact?.id ?? id}
        chatwootUrl={chatwootUrl}
        unread={unreadOf(query.data)}
        onEdit={edit}
      />
    </section>
  )
}
