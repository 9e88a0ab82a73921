import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useRef, useState } from 'react'

import type { Conversation as Shown, MessageList } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { again } from '#live/again.ts'
import { useDrafts, useLive } from '#live/context.ts'
import { type DraftKind, setKind, useKind } from '#live/kind.ts'
import { messagesOf } from '#live/messages.ts'
import { conversationQuery, messagesQuery } from '#live/queries.ts'
import { useConnection } from '#live/status.ts'
import { useKeys } from '#ui/keyboard.ts'
import { useWide } from '#ui/media.ts'
import { useRemembered } from '#ui/remembered.ts'
import { Sheet } from '#ui/Sheet.tsx'

import { Composer, type ComposerHandle } from './Composer.tsx'
import { Context } from './Context.tsx'
import { type Editing, putBack } from './editing.ts'
import { Header } from './Header.tsx'
import { reaches, unreadOf, unseen } from './lines.ts'
import { NotThere } from './NotThere.tsx'
import { Thread } from './Thread.tsx'
import { Unconnected } from './Unconnected.tsx'

/** One conversation. Use the id as its key, because each has its own place and drafts. */
export function Conversation({ id }: { id: string }) {
  const navigate = useNavigate()
  const live = useLive()
  const query = useQuery(conversationQuery(useQueryClient(), id))
  const back = () => void navigate({ to: '/inbox', search: (view) => view })
  useKeys({ Escape: back })

  // Until there is an answer, the row of a list will do, so that people can write while it loads or the API does not
  // answer.
  const refused = query.error !== null && !query.error.passing
  const shown = query.data ?? (refused ? undefined : live.look(id))
  if (shown) return <Panes conversation={shown} back={back} />
  if (query.isError) return <NotThere error={query.error} retry={() => void again(query)} back={back} />
  return (
    <div role="status" aria-label="Loading conversation">
      <div className="flex h-13 items-center gap-3 border-b border-line px-4">
        <span className="skeleton size-6 rounded-full" />
        <span className="skeleton h-4 w-40" />
      </div>
    </div>
  )
}

function Panes({ conversation, back }: { conversation: Shown; back: () => void }) {
  const wide = useWide(1100)
  const [beside, setBeside] = useRemembered('axis.context', true)
  const [drawer, setDrawer] = useState(false)
  const kind = useKind(conversation.id)
  const drafts = useDrafts()
  const composer = useRef<ComposerHandle>(null)
  const { id } = conversation
  const write = useCallback(
    (next: DraftKind) => {
      setKind(id, next)
      composer.current?.focus()
    },
    [id],
  )
  const edit = useCallback<Editing>(
    (text) => {
      putBack(drafts, id, text)
      composer.current?.focus()
    },
    [drafts, id],
  )
  useSeen(conversation)
  useKeys({ r: () => write('reply'), n: () => write('note') })

  return (
    <div className="flex h-full min-h-0">
      {/* In a window too low for everything, it scrolls as a whole. */}
      <section aria-label="Conversation" className="flex min-w-0 grow flex-col overflow-y-auto">
        <Header
          conversation={conversation}
          back={back}
          contextOpen={wide ? beside : drawer}
          onContext={() => (wide ? setBeside(!beside) : setDrawer(true))}
        />
        <Unconnected accountId={conversation.accountId} />
        <Thread
          conversationId={conversation.id}
          contactId={conversation.contact?.id ?? conversation.id}
          chatwootUrl={conversation.chatwootUrl ?? null}
          unread={unreadOf(conversation)}
          onEdit={edit}
        />
        <Composer ref={composer} conversation={conversation} kind={kind} onKind={write} />
      </section>
      {wide && beside && (
        <aside aria-label="Context" className="w-80 shrink-0 overflow-y-auto border-l border-line bg-surface">
          <Context conversation={conversation} />
        </aside>
      )}
      {!wide && (
        <Sheet side="right" title="Context" open={drawer} onOpenChange={setDrawer}>
          <Context conversation={conversation} />
        </Sheet>
      )}
    </div>
  )
}

/** How long somebody has to look at a conversation before it counts as read. Milliseconds. */
const SEEN_AFTER = 800

/**
 * What the customer wrote, without what was certainly seen before: ids. Null while the thread lacks the newest message or
 * anything that is unread.
 */
function useTheirs({ id, lastMessage, unreadCount: count, seenUntil }: Shown): string | null {
  const last = lastMessage?.id
  const theirs = useCallback(
    (thread: { pages: MessageList[] }) => {
      const messages = messagesOf(thread)
      const whole = thread.pages.at(-1)?.page.hasMore === false
      // The thread may have a message before the conversation says that it is unread.
      const told = last === undefined ? messages : messages.slice(0, messages.findIndex((one) => one.id === last) + 1)
      const shown = (last === undefined || told.length > 0) && (whole || reaches(told, { count, seenUntil }))
      return shown ? unseen(told, { count, seenUntil }).join(' ') : null
    },
    [last, count, seenUntil],
  )
  return useInfiniteQuery({ ...messagesQuery(id), select: theirs }).data ?? null
}

/**
 * Marks a conversation as read when somebody looks at it with its messages loaded. A refusal is not repeated
 * needlessly: only when another message comes, the connection is back, or somebody opens the conversation again. What
 * was read already stays unread if somebody marks it so, until it is opened again.
 */
function useSeen(conversation: Shown): void {
  const { id, unreadCount, lastMessage } = conversation
  // The API stops counting after a few; beyond that, only the last message shows that another one came.
  const what = `${unreadCount} ${lastMessage?.id ?? ''}`
  const live = useLive()
  const theirs = useTheirs(conversation)
  /** What was read here: ids. */
  const read = useRef(new Set<string>())
  const marking = useRef(false)
  const connected = useConnection().state === 'live'
  const refused = useRef<string | null>(null)
  useEffect(() => {
    if (connected) refused.current = null
  }, [connected])
  useEffect(() => {
    const ids = theirs?.split(' ').filter(Boolean) ?? []
    if (unreadCount === 0) {
      refused.current = null
      // What comes while this view marks it shows as read, and may not be; nor may what came just now.
      const settled = setTimeout(() => !marking.current && ids.forEach((one) => read.current.add(one)), SEEN_AFTER)
      return () => clearTimeout(settled)
    }
    if (theirs === null || !session().person.may('conversations:update')) return
    if (ids.length > 0 && ids.every((one) => read.current.has(one))) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const tell = () => {
      marking.current = true
      void live
        .mark(id, true)
        .then(
          () => ids.forEach((one) => read.current.add(one)),
          () => (refused.current = what),
        )
        .finally(() => (marking.current = false))
    }
    const look = () => {
      clearTimeout(timer)
      if (document.visibilityState === 'visible' && what !== refused.current) timer = setTimeout(tell, SEEN_AFTER)
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [live, id, unreadCount, what, theirs, connected])
}
