import { useInfiniteQuery, type UseInfiniteQueryResult, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Activity as Pulse, ArrowUp, ListFilter } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'

import type { Failure } from '#api/failure.ts'
import type { Activity as Line } from '#api/types.ts'
import { emptyAtEnd, shortenActivity } from '#live/activity.ts'
import { again } from '#live/again.ts'
import { activityQuery } from '#live/queries.ts'
import { useOffline } from '#live/status.ts'
import { ActivityLine } from '#ui/ActivityLine.tsx'
import { Button, IconButton } from '#ui/Button.tsx'
import { classes } from '#ui/classes.ts'
import { givesFocusOn } from '#ui/focus.ts'
import { scrollBehavior } from '#ui/media.ts'
import { rem } from '#ui/rem.ts'
import { Empty, Failed, TryAgain } from '#ui/State.tsx'

import { type Change, Filters } from './Filters.tsx'
import { readTimelineView, type TimelineView } from './view.ts'

/** The height of a row with two lines. Pixels. */
const ROW = rem(3)
/** How many lines are kept while somebody looks at the newest: the more there are, the more each new one costs. */
const MOST = 2_000
/** How many pages in a row are looked through for another line before somebody is asked whether to go on. */
const FEW = 5

export function Activity({ view }: { view: TimelineView }) {
  const navigate = useNavigate()
  const query = useInfiniteQuery(activityQuery(view))
  const rows = query.data ?? []
  const set = (change: Change) =>
    void navigate({ to: '/activity', search: readTimelineView({ ...view, ...change }), replace: true })
  return (
    // In a window too low for everything, the screen scrolls as a whole.
    <div className="flex h-full min-h-0 flex-col overflow-y-auto bg-surface">
      <Filters view={view} rows={rows} onChange={set} />
      {/* Another view starts at its top, with nothing missed. */}
      <Timeline key={JSON.stringify(view)} view={view} query={query} rows={rows} set={set} />
    </div>
  )
}

interface TimelineProps {
  view: TimelineView
  query: UseInfiniteQueryResult<Line[], Failure>
  rows: Line[]
  set: (change: Change) => void
}

function Timeline({ view, query, rows, set }: TimelineProps) {
  const scroller = useRef<HTMLDivElement>(null)
  // eslint-disable-next-line react-hooks/incompatible-library -- its methods are used while rendering only
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 10,
  })
  const items = virtual.getVirtualItems()
  const lastShown = items.at(-1)?.index ?? -1
  const { hasNextPage, isFetching, isFetchingNextPage, fetchNextPage, isError } = query
  const offline = useOffline()
  const client = useQueryClient()
  const empty = emptyAtEnd(client, view)
  const [most, setMost] = useState(FEW)
  const stopped = hasNextPage && !isFetchingNextPage && !isError && empty >= most
  const more = hasNextPage && !isFetchingNextPage && !isError && !offline && !stopped
  useEffect(() => {
    if (more && empty < most && lastShown >= rows.length - 10) void fetchNextPage()
  }, [more, empty, most, fetchNextPage, lastShown, rows.length])
  // The last line when somebody asked for earlier ones: until there is another, the button stays.
  const last = rows.at(-1)?.id ?? null
  const [asked, setAsked] = useState<string | null>()
  const looks = asked === last && !stopped && hasNextPage && !isError
  const look = () => {
    setMost(empty + FEW)
    setAsked(last)
  }
  const further = (stopped || looks) && (
    <Button ref={givesFocusOn} busy={looks} onClick={look}>
      Look further back
    </Button>
  )
  const retry = () => void (query.isFetchNextPageError ? fetchNextPage() : again(query))
  const { scrolled, missed, toTop, onScroll } = useAnchor(scroller, rows)
  const long = !scrolled && rows.length > MOST && !isFetching && !isError
  useEffect(() => {
    if (long) shortenActivity(client, view)
  }, [long, client, view])

  return (
    <>
      <div className="relative min-h-32 grow">
        {scrolled && missed > 0 && (
          <Button
            className="rise absolute top-3 left-1/2 z-10 h-7 -translate-x-1/2 rounded-full text-xs shadow-raised"
            onClick={toTop}
          >
            <ArrowUp aria-hidden className="size-3.5" />
            {missed} new
          </Button>
        )}
        <div
          ref={scroller}
          role="group"
          aria-label="Lines"
          tabIndex={-1}
          onScroll={onScroll}
          className="h-full overflow-y-auto outline-none [overflow-anchor:none]"
        >
          {query.isPending || (rows.length === 0 && hasNextPage && !isError && !further) ? (
            <div role="status" aria-label="Loading activity" className="mx-auto max-w-4xl px-5 py-2">
              {Array.from({ length: 12 }, (_, index) => (
                <div key={index} className="flex items-center gap-3" style={{ height: ROW }}>
                  <span className="skeleton size-7 rounded-full" />
                  <span className="skeleton h-3.5" style={{ width: `${35 + ((index * 19) % 40)}%` }} />
                </div>
              ))}
            </div>
          ) : query.isError && rows.length === 0 ? (
            <Failed what="Activity did not load" error={query.error} retry={retry} />
          ) : rows.length === 0 && further ? (
            <Empty icon={Pulse} title="Nothing lately" action={further}>
              There may be something earlier.
            </Empty>
          ) : rows.length === 0 ? (
            <Empty icon={Pulse} title={Object.keys(view).length > 0 ? 'Nothing matches these filters' : 'Nothing has happened yet'}>
              New activity appears here as it happens.
            </Empty>
          ) : (
            <ol className="relative mx-auto max-w-4xl" aria-label="Timeline" style={{ height: virtual.getTotalSize() }}>
              {items.map((item) => {
                const activity = rows[item.index]
                if (!activity) return null
                const line = <ActivityLine activity={activity} />
                const look = 'flex h-full items-center pr-10 pl-5 [&>div]:grow'
                return (
                  <li
                    key={item.key}
                    className="group absolute inset-x-0 top-0 border-b border-line/60"
                    style={{ height: ROW, transform: `translateY(${item.start}px)` }}
                  >
                    {activity.conversationId && !view.conversationId && (
                      <span className="absolute top-2 right-1 [@media(hover:hover)]:opacity-0 group-hover:opacity-100 focus-within:opacity-100">
                        <IconButton
                          label="Only this conversation"
                          className="bg-surface"
                          onClick={() => set({ conversationId: activity.conversationId ?? undefined })}
                        >
                          <ListFilter />
                        </IconButton>
                      </span>
                    )}
                    {activity.conversationId ? (
                      <Link
                        to="/inbox/$id"
                        params={{ id: activity.conversationId }}
                        search={{ status: 'any' }}
                        className={classes(look, '-outline-offset-2 hover:bg-hover')}
                      >
                        {line}
                      </Link>
                    ) : (
                      <div className={look}>{line}</div>
                    )}
                  </li>
                )
              })}
            </ol>
          )}
          {further && rows.length > 0 && <div className="flex justify-center py-3">{further}</div>}
          {hasNextPage && !isFetchingNextPage && query.isFetchNextPageError && rows.length > 0 && (
            <TryAgain what="Earlier activity" retry={() => void fetchNextPage()} />
          )}
        </div>
      </div>
      {/* Below the list, so that nothing in it moves. */}
      {query.isRefetchError && rows.length > 0 && <TryAgain what="Newer activity" retry={() => void again(query)} />}
    </>
  )
}

/** Keeps the place of somebody who reads further down when lines are added above. */
function useAnchor(scroller: React.RefObject<HTMLDivElement | null>, rows: { id: string }[]) {
  const [scrolled, setScrolled] = useState(false)
  const [top, setTop] = useState<{ id: string | undefined; missed: number }>({ id: rows[0]?.id, missed: 0 })
  const first = rows[0]?.id
  if (top.id !== first) {
    const added = rows.findIndex((row) => row.id === top.id)
    setTop({ id: first, missed: scrolled && added > 0 ? top.missed + added : 0 })
  }
  // The line at the top of the visible part. An earlier line that arrives late may be added right above it.
  const place = useRef<{ id: string; index: number } | null>(null)
  const remember = () => {
    const index = Math.floor((scroller.current?.scrollTop ?? 0) / ROW)
    const seen = rows[index]
    place.current = seen ? { id: seen.id, index } : null
  }
  useLayoutEffect(() => {
    const { current } = place
    if (!scrolled || !current) return
    const index = rows.findIndex((row) => row.id === current.id)
    if (index === -1 || index === current.index) return
    place.current = { id: current.id, index }
    scroller.current?.scrollBy(0, (index - current.index) * ROW)
  }, [rows, scrolled, scroller])
  return {
    scrolled,
    missed: top.missed,
    toTop: () => scroller.current?.scrollTo({ top: 0, behavior: scrollBehavior() }),
    onScroll: (event: React.UIEvent<HTMLDivElement>) => {
      remember()
      const away = event.currentTarget.scrollTop > ROW
      setScrolled(away)
      if (!away && top.missed > 0) setTop({ ...top, missed: 0 })
    },
  }
}
