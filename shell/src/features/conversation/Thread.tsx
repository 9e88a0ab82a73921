import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ArrowDown, LoaderCircle, MessagesSquare } from 'lucide-react'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'

import type { Message } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { notSent } from '#desk/notSent.ts'
import { again } from '#live/again.ts'
import { useWritten } from '#live/context.ts'
import { approvalsQuery, messagesQuery } from '#live/queries.ts'
import { useOffline } from '#live/status.ts'
import { Button } from '#ui/Button.tsx'
import { useNowThere } from '#ui/clock.ts'
import { isFocusLost } from '#ui/focus.ts'
import { scrollBehavior } from '#ui/media.ts'
import { Empty, Failed, TryAgain } from '#ui/State.tsx'
import { day } from '#ui/time.ts'
import { dismiss } from '#ui/toasts.ts'

import { Bubble } from './Bubble.tsx'
import type { Editing } from './editing.ts'
import { eitherUnread, firstUnread, FOLD, type Line, linesOf, reaches, type Unread } from './lines.ts'
import { Proposed } from './Proposed.tsx'
import { WrittenBubble } from './WrittenBubble.tsx'

interface ThreadProps {
  conversationId: string
  contactId: string
  /** The address of the conversation in Chatwoot. */
  chatwootUrl: string | null
  unread: Unread
  onEdit: Editing
}

const NONE: readonly Message[] = []
/** Somebody this close to the end is reading the newest messages. Pixels. */
const NEAR = 80
/** How long after older messages were added new ones are read out again. Milliseconds. */
const SETTLES = 500
/** Older messages are loaded this close to the beginning. Pixels. */
const AHEAD = 600
/**
 * How many messages are loaded by themselves to find the unread ones. There may be many, and folded activity may leave
 * nothing to scroll.
 */
const FAR = 500

export function Thread({ conversationId, contactId, chatwootUrl, unread, onEdit }: ThreadProps) {
  const query = useInfiniteQuery(messagesQuery(conversationId))
  // The thread says itself what was not sent.
  useEffect(() => dismiss(notSent(conversationId)), [conversationId])
  const written = useWritten(conversationId)
  const waiting = approvalsQuery({ conversationId, status: 'submitted', type: 'proposed_reply' })
  const proposed = useQuery({ ...waiting, enabled: session().person.may('approvals:read') }).data
  const messages = query.data
  // Kept, because a colleague may read it before its messages are here.
  const [first] = useState(unread)
  // Set when the thread is opened, so that the line does not move while somebody reads.
  const [opened, setOpened] = useState<{ unreadFrom: string | null } | null>(null)
  const wanted = opened ? unread : eitherUnread(first, unread)
  const { hasNextPage, isFetching, isError, fetchNextPage } = query
  const short = messages !== undefined && hasNextPage && messages.length < FAR && !reaches(messages, wanted)
  if (messages && !opened && !short) setOpened({ unreadFrom: firstUnread(messages, wanted) })
  // A thread that does not fill its box cannot be scrolled, so scrolling cannot load older messages.
  const [fills, setFills] = useState(true)
  const more = messages !== undefined && hasNextPage && !isFetching && !isError
  const bounded = messages !== undefined && messages.length >= FAR
  const offline = useOffline()
  const further = more && !offline && !bounded && (short || !fills)
  useEffect(() => {
    if (further) void fetchNextPage()
    // A page may have come before a render saw it loading.
  }, [further, messages, fetchNextPage])

  // Messages written here are shown even if the thread cannot be loaded.
  const alone = written.length > 0
  // And they stay while it is being loaded again.
  if (query.isPending && !(alone && query.errorUpdateCount > 0)) return <Skeletons />
  if (query.isError && !messages && !alone) {
    return <Failed what="Messages did not load" error={query.error} retry={() => void again(query)} />
  }
  const lines = linesOf(messages ?? [], written, opened?.unreadFrom ?? null, proposed)
  if (lines.length === 0) return <Empty icon={MessagesSquare} title="No messages yet" />
  return (
    <Scroller
      messages={messages ?? NONE}
      written={written.length}
      loading={query.isFetchingNextPage}
      onFills={setFills}
      onOlder={() => {
        if (query.hasNextPage && !offline && !query.isFetchingNextPage && !query.isFetchNextPageError) void query.fetchNextPage()
      }}
      above={
        <>
          {query.isLoadingError && <TryAgain what="Messages" retry={() => void again(query)} />}
          {query.isFetchNextPageError && <TryAgain what="Older messages" retry={() => void query.fetchNextPage()} />}
          {more && bounded && !fills && (
            <div className="flex justify-center pb-2">
              <Button onClick={() => void query.fetchNextPage()}>Older messages</Button>
            </div>
          )}
        </>
      }
    >
      {lines.map((line) => (
        <Drawn key={line.key} line={line} contactId={contactId} chatwootUrl={chatwootUrl} onEdit={onEdit} />
      ))}
      {query.isRefetchError && <TryAgain what="Newer messages" retry={() => void again(query)} />}
    </Scroller>
  )
}

function Drawn({ line, contactId, chatwootUrl, onEdit }: { line: Line } & Pick<ThreadProps, 'contactId' | 'chatwootUrl' | 'onEdit'>) {
  switch (line.kind) {
    case 'day':
      return <Day at={line.at} />
    case 'new':
      return (
        <div className="mt-4 flex items-center gap-3 text-xs font-semibold text-accent" role="separator" aria-label="New">
          <span className="h-px grow bg-accent-line" />
          New
          <span className="h-px grow bg-accent-line" />
        </div>
      )
    case 'activity':
      return <Folded messages={line.messages} />
    case 'message':
      return (
        <Bubble
          message={line.message}
          contactId={contactId}
          chatwootUrl={chatwootUrl}
          first={line.first}
          last={line.last}
          onEdit={onEdit}
        />
      )
    case 'proposed':
      return <Proposed approval={line.approval} />
    case 'written':
      return <WrittenBubble written={line.written} first={line.first} onEdit={onEdit} />
  }
}

function Day({ at }: { at: string }) {
  const name = day(at, useNowThere())
  return (
    // Screen readers skip the content of a separator and read its name.
    <div className="mt-4 flex justify-center first:mt-0" role="separator" aria-label={name}>
      <span className="rounded-full bg-sunken px-2.5 py-0.5 text-xs font-medium text-soft">{name}</span>
    </div>
  )
}

function Folded({ messages }: { messages: Message[] }) {
  const [open, setOpen] = useState(false)
  const folds = messages.length >= FOLD
  return (
    <div className="mt-3 flex flex-col items-center gap-0.5 text-center text-xs text-faint">
      {folds && (
        // The button stays, and keeps the focus of the person who pressed it.
        <button type="button" aria-expanded={open} className="rounded px-2 py-0.5 hover:bg-hover hover:text-ink" onClick={() => setOpen(!open)}>
          {messages.length} changes · {open ? 'hide' : 'show'}
        </button>
      )}
      {(open || !folds) &&
        messages.map((message) => (
          <p key={message.id} dir="auto" className="max-w-full wrap-anywhere">
            {message.content}
          </p>
        ))}
    </div>
  )
}

interface ScrollerProps {
  messages: readonly Message[]
  /** How many messages are being sent from here: their writer wants to see them. */
  written: number
  loading: boolean
  /** Called with whether there is anything to scroll. */
  onFills: (fills: boolean) => void
  onOlder: () => void
  /** Shown above the messages; what is visible of them does not move when it comes or goes. */
  above: ReactNode
  children: ReactNode
}

const hasArrived = ({ chatwootId }: Message) => chatwootId != null

/** How many messages have arrived after this one. */
function arrivedAfter(messages: readonly Message[], id: string | undefined): number {
  const at = messages.findLastIndex((message) => message.id === id)
  return at === -1 ? 0 : messages.slice(at + 1).filter(hasArrived).length
}

/**
 * Keeps the place: at the end it follows new messages, elsewhere it stays and counts them. What is loaded above does
 * not move what is visible.
 */
function Scroller({ messages, written, loading, onFills, onOlder, above, children }: ScrollerProps) {
  // Messages on their way stay last, whatever arrives.
  const newest = messages.findLast(hasArrived) ?? messages.at(-1)
  const oldest = messages[0]?.id
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const top = useRef<HTMLDivElement>(null)
  const place = useRef({ atEnd: true, height: 0, top: 0, oldest, written })
  const [missed, setMissed] = useState<{ last: string | undefined; count: number }>({ last: newest?.id, count: 0 })
  const [away, setAway] = useState(false)
  /** The oldest message when older ones were last added silently. */
  const [heard, setHeard] = useState(oldest)
  const older = heard !== oldest && messages.findIndex(({ id }) => id === heard) > 0
  // That message is no longer loaded: the thread was loaded again from further on.
  if (heard !== oldest && !older && !loading) setHeard(oldest)
  const quiet = loading || older
  useEffect(() => {
    if (loading) return
    const timer = setTimeout(() => setHeard(oldest), SETTLES)
    return () => clearTimeout(timer)
  }, [loading, oldest])

  if (newest && missed.last !== newest.id) {
    setMissed({ last: newest.id, count: away ? missed.count + arrivedAfter(messages, missed.last) : 0 })
  }

  const toEnd = (behavior: ScrollBehavior = 'instant') => {
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight, behavior })
  }

  useLayoutEffect(() => {
    const height = top.current?.offsetHeight ?? 0
    const by = height - place.current.top
    if (!scroller.current || by === 0) return
    if (!place.current.atEnd) scroller.current.scrollTop += by
    place.current.top = height
    place.current.height += by
  })

  useLayoutEffect(() => {
    const box = scroller.current
    if (!box) return
    const before = place.current
    if (before.atEnd || written > before.written) toEnd()
    else if (before.oldest !== oldest) box.scrollTop += box.scrollHeight - before.height
    place.current = { ...before, height: box.scrollHeight, oldest, written }
  }, [oldest, newest, written])

  useEffect(() => {
    const box = scroller.current
    if (!box || !content.current) return
    // Pictures and unfolded activity change heights later.
    const observer = new ResizeObserver(() => {
      if (place.current.atEnd) toEnd()
      place.current.height = box.scrollHeight
      onFills(box.scrollHeight > box.clientHeight)
    })
    observer.observe(content.current)
    observer.observe(box)
    return () => observer.disconnect()
  }, [onFills])

  /** Whether an element of the thread has the focus. */
  const has = useRef(false)
  useEffect(() => {
    if (!content.current) return
    // A button may disappear when it is pressed, such as Retry; the thread then gets the focus.
    const observer = new MutationObserver(() => {
      if (has.current && isFocusLost()) scroller.current?.focus({ preventScroll: true })
    })
    observer.observe(content.current, { childList: true, subtree: true })
    return () => observer.disconnect()
  }, [])

  const onScroll = () => {
    const box = scroller.current
    if (!box) return
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR
    place.current.atEnd = atEnd
    if (away === atEnd) setAway(!atEnd)
    if (atEnd && missed.count > 0) setMissed({ last: newest?.id, count: 0 })
    if (box.scrollTop < AHEAD) onOlder()
  }

  return (
    <div className="relative min-h-20 grow">
      <div
        ref={scroller}
        onScroll={onScroll}
        onFocus={() => (has.current = true)}
        // Browsers do not report elements that are removed. Somebody who leaves the window keeps their place.
        onBlur={({ currentTarget, relatedTarget }) => {
          has.current = relatedTarget === null ? !document.hasFocus() : currentTarget.contains(relatedTarget)
        }}
        // Positioned, so that absolutely positioned texts for screen readers do not extend the page.
        className="relative h-full overflow-y-auto [overflow-anchor:none]"
        // Focusable, so that it can be scrolled by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="log"
        aria-label="Messages"
        aria-live={quiet ? 'off' : 'polite'}
        aria-busy={quiet}
      >
        <div ref={content} className="relative mx-auto max-w-4xl px-5 py-4">
          {loading && (
            // In the space above the first line, so that nothing moves.
            <div className="absolute inset-x-0 top-0 flex h-4 items-center justify-center" role="status" aria-label="Loading older messages">
              <LoaderCircle aria-hidden className="spinner size-4 text-faint" />
            </div>
          )}
          <div ref={top}>{above}</div>
          <div>{children}</div>
        </div>
      </div>
      {away && (
        <button
          type="button"
          onClick={() => toEnd(scrollBehavior())}
          className="rise absolute right-5 bottom-3 inline-flex h-8 min-w-24 items-center justify-center gap-1.5 tabular-nums rounded-full border border-line bg-raised px-3 text-sm font-medium shadow-raised hover:border-line-strong"
        >
          <ArrowDown aria-hidden className="size-4" />
          {missed.count > 0 ? `${missed.count} new` : 'Newest'}
        </button>
      )}
    </div>
  )
}

function Skeletons() {
  return (
    <div className="mx-auto w-full max-w-4xl grow px-5 py-6" role="status" aria-label="Loading messages">
      {[52, 38, 61, 44].map((width, index) => (
        <div key={width} className={index % 2 === 0 ? 'flex' : 'flex justify-end'}>
          <span className="skeleton mt-3 block h-14 rounded-2xl" style={{ width: `${width}%` }} />
        </div>
      ))}
    </div>
  )
}
