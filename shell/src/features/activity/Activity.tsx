
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Activity as Pulse, ArrowUp, ChevronDown } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'

import { activityQuery } from '#live/queries.ts'
import { ACTIVITY_TYPES, ActivityLine } from '#ui/ActivityLine.tsx'
import { Button } from '#ui/Button.tsx'
import { classes } from '#ui/classes.ts'
import { Choice } from '#ui/Menu.tsx'
import { Empty, Failed } from '#ui/State.tsx'

import { readTimelineView, type TimelineView } from './view.ts'

const ROW = 48

const SOURCES = [
  { value: undefined, label: 'Any source' },
  { value: 'chatwoot', label: 'Chatwoot' },
  { value: 'axis', label: 'Here' },
]

export function Activity({ view }: { view: TimelineView }) {
  const navigate = useNavigate()
  const query = useInfiniteQuery(activityQuery(view))
  const rows = query.data ?? []
  const scroller = useRef<HTMLDivElement>(null)
  const set = (change: { [K in keyof TimelineView]?: string | undefined }) =>
    void navigate({ to: '/activity', search: readTimelineView({ ...view, ...change }), replace: true })

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
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isError } = query
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isError && lastShown >= rows.length - 10) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, isError, fetchNextPage, lastShown, rows.length])
  const { scrolled, missed, toTop, onScroll } = useAnchor(scroller, rows)

  const types = [
    { value: undefined, label: 'Any type' },
    ...Object.entries(ACTIVITY_TYPES).map(([value, { name }]) => ({ value, label: name })),
  ]
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface">
      <header className="flex h-13 shrink-0 items-center gap-2 border-b border-line px-5">
        <h1 className="mr-3 text-lg font-semibold">Activity</h1>
        <Filter name="Type" value={view.type} options={types} onChange={(type) => set({ type })} />
        <Filter name="Source" value={view.source} options={SOURCES} onChange={(source) => set({ source })} />
        {view.conversationId && (
          <Button className="h-7 rounded-full text-xs" onClick={() => set({ conversationId: undefined })}>
            One conversation ✕
          </Button>
        )}
      </header>
      <div className="relative min-h-0 grow">
        {scrolled && missed > 0 && (
          <Button
            className="rise absolute top-3 left-1/2 z-10 h-7 -translate-x-1/2 rounded-full text-xs shadow-raised"
            onClick={toTop}
          >
            <ArrowUp aria-hidden className="size-3.5" />
            {missed} new
          </Button>
        )}
        <div ref={scroller} onScroll={onScroll} className="h-full overflow-y-auto [overflow-anchor:none]">
          {query.isPending ? (
            <div role="status" aria-label="Loading activity" className="mx-auto max-w-4xl px-5 py-2">
              {Array.from({ length: 12 }, (_, index) => (
                <div key={index} className="flex items-center gap-3" style={{ height: ROW }}>
                  <span className="skeleton size-7 rounded-full" />
                  <span className="skeleton h-3.5" style={{ width: `${35 + ((index * 19) % 40)}%` }} />
                </div>
              ))}
            </div>
          ) : query.isError && rows.length === 0 ? (
            <Failed what="Activity did not load" error={query.error} retry={() => void query.refetch()} />
          ) : rows.length === 0 ? (
            <Empty icon={Pulse} title={Object.keys(view).length > 0 ? 'Nothing fits these filters' : 'Nothing has happened yet'}>
              What happens appears here by itself.
            </Empty>
          ) : (
            <ol className="relative mx-auto max-w-4xl" aria-label="Timeline" style={{ height: virtual.getTotalSize() }}>
              {items.map((item) => {
                const activity = rows[item.index]
                if (!activity) return null
                const line = (
                  <ActivityLine
                    activity={activity}
                    about={typeof activity.data.chatwootConversationId === 'number' && `#${activity.data.chatwootConversationId}`}
                  />
                )
                const look = 'flex h-full items-center px-5 [&>div]:grow'
                return (
                  <li
                    key={item.key}
                    className="absolute inset-x-0 top-0 border-b border-line/60"
                    style={{ height: ROW, transform: `translateY(${item.start}px)` }}
                  >
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
        </div>
      </div>
    </div>
  )
}

interface FilterProps {
  name: string
  value: string | null | undefined
  options: { value: string | undefined; label: string }[]
  onChange: (value: string | undefined) => void
}

function Filter({ name, value, options, onChange }: FilterProps) {
  const chosen = options.find((one) => one.value === (value ?? undefined))?.label ?? value ?? ''
  return (
    <Choice
      label={name}
      value={value ?? undefined}
      options={options}
      onChange={onChange}
      trigger={
        <button
          type="button"
          aria-label={`${name}: ${chosen}`}
          className={classes(
            'inline-flex h-7 items-center gap-1 rounded-full border px-2.5 text-xs font-medium',
            value ? 'border-accent-line bg-accent-soft text-accent' : 'border-line text-soft hover:border-line-strong hover:text-ink',
          )}
        >
          {value ? chosen : name}
          <ChevronDown aria-hidden className="size-3 opacity-70" />
        </button>
      }
    />
  )
}

/** Whoever reads further down keeps their place when lines join above. */
function useAnchor(scroller: React.RefObject<HTMLDivElement | null>, rows: { id: string }[]) {
  const [scrolled, setScrolled] = useState(false)
  const [top, setTop] = useState<{ id: string | undefined; missed: number }>({ id: rows[0]?.id, missed: 0 })
  const first = rows[0]?.id
  if (top.id !== first) {
    const added = rows.findIndex((row) => row.id === top.id)
    setTop({ id: first, missed: scrolled && added > 0 ? top.missed + added : 0 })
  }
  const before = useRef(first)
  useLayoutEffect(() => {
    const added = before.current === undefined ? -1 : rows.findIndex((row) => row.id === before.current)
    before.current = first
    if (scrolled && added > 0) scroller.current?.scrollBy(0, added * ROW)
  }, [first, rows, scrolled, scroller])
  return {
    scrolled,
    missed: top.missed,
    toTop: () => scroller.current?.scrollTo({ top: 0, behavior: 'smooth' }),
    onScroll: (event: React.UIEvent<HTMLDivElement>) => {
      const away = event.currentTarget.scrollTop > ROW
      setScrolled(away)
      if (!away && top.missed > 0) setTop({ ...top, missed: 0 })
    },
  }
}
