
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowUp, Inbox, SearchX } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'

import type { Conversation } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { clearSelection, selectUpTo, shownOrder, toggle, useSelection } from '#desk/selection.ts'
import { approvalsQuery, conversationsQuery } from '#live/queries.ts'
import { Button } from '#ui/Button.tsx'
import { useKeys } from '#ui/keyboard.ts'
import { Empty, Failed } from '#ui/State.tsx'

import { BulkBar } from './BulkBar.tsx'
import { Filters, SearchField, SortMenu } from './Filters.tsx'
import { useHeldOrder } from './order.ts'
import { Row, ROW_HEIGHT } from './Row.tsx'
import { changed, filterOf, isNarrowed, type View } from './view.ts'

/** One and the same, so that nothing seems to change. */
const NOTHING: Conversation[] = []
/** So long a row may take to be drawn, before keys are meant for what has the focus. */
const MOST_FRAMES = 30

interface ListProps {
  view: View
  openId: string | undefined
}

export function List({ view, openId }: ListProps) {
  const navigate = useNavigate()
  const query = useInfiniteQuery(conversationsQuery(filterOf(view)))
  const [hovered, setHovered] = useState(false)
  const [scrolled, setScrolled] = useState(false)
  const key = JSON.stringify(view)
  const loaded = query.data ?? NOTHING
  const { rows, gone, moved, release } = useHeldOrder(loaded, hovered || scrolled, key)

  const onChange = (next: View) => {
    void navigate({ to: openId ? '/inbox/$id' : '/inbox', params: { id: openId ?? '' }, search: next, replace: true })
  }

  const scroller = useRef<HTMLDivElement>(null)
  // eslint-disable-next-line react-hooks/incompatible-library -- its methods are used while rendering only
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 8,
  })
  const items = virtual.getVirtualItems()
  const lastShown = items.at(-1)?.index ?? -1
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isError } = query
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isError && lastShown >= rows.length - 12) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, isError, fetchNextPage, lastShown, rows.length])

  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 })
    clearSelection()
  }, [key])

  const waiting = { ...approvalsQuery({ status: 'submitted' }), enabled: session().person.may('approvals:read') }
  const asked = new Set(useQuery(waiting).data?.map(({ conversationId }) => conversationId))
  const selected = useSelection()
  useEffect(() => shownOrder.set(rows.filter((row) => !gone.has(row.id)).map((row) => row.id)), [rows, gone])

  /** Where the next key is meant, until the row is drawn and has the focus. */
  const aimed = useRef<string | null>(null)
  const here = () => aimed.current ?? document.activeElement?.getAttribute('data-row') ?? openId
  const focus = (id: string, tries = MOST_FRAMES) => {
    if (aimed.current !== id) return
    const row = scroller.current?.querySelector<HTMLElement>(`[data-row="${id}"]`)
    row?.focus({ preventScroll: true })
    if (row || tries === 0) aimed.current = null
    else requestAnimationFrame(() => focus(id, tries - 1))
  }
  const step = (by: 1 | -1) => {
    const at = rows.findIndex((row) => row.id === here())
    const next = rows[at === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]
    if (!next) return
    virtual.scrollToIndex(rows.indexOf(next))
    if (openId) void navigate({ to: '/inbox/$id', params: { id: next.id }, search: (now) => now })
    aimed.current = next.id
    focus(next.id)
  }
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    x: (event) => {
      const id = here()
      if (id) (event.shiftKey ? selectUpTo : toggle)(id)
    },
    ...(selected.length > 0 && { Escape: clearSelection }),
    '/': () => document.querySelector<HTMLInputElement>('[data-search]')?.focus(),
  })

  return (
    <div className="flex h-full min-h-0 flex-col bg-surface">
      <header className="flex h-13 shrink-0 items-center gap-2 pr-2 pl-4">
        <h1 className="text-lg font-semibold">Inbox</h1>
        <span className="text-sm text-faint tabular-nums" aria-label={`${loaded.length} conversations loaded`}>
          {query.data && `${loaded.length}${hasNextPage ? '+' : ''}`}
        </span>
        <span className="grow" />
        <SortMenu view={view} onChange={onChange} />
      </header>
      <SearchField view={view} onChange={onChange} />
      <Filters view={view} onChange={onChange} />
      <div className="relative min-h-0 grow border-t border-line">
        {moved > 0 && (
          <Button
            className="rise absolute -top-3.5 left-1/2 z-10 h-7 -translate-x-1/2 rounded-full text-xs shadow-raised"
            onClick={() => {
              release()
              scroller.current?.scrollTo({ top: 0 })
            }}
          >
            <ArrowUp aria-hidden className="size-3.5" />
            Show what is new
          </Button>
        )}
        <div
          ref={scroller}
          className="h-full overflow-y-auto [scrollbar-gutter:stable]"
          aria-busy={query.isPending}
          onPointerEnter={(event) => setHovered(event.pointerType === 'mouse')}
          onPointerLeave={() => setHovered(false)}
          onScroll={(event) => setScrolled(event.currentTarget.scrollTop > ROW_HEIGHT / 2)}
        >
          {query.isPending ? (
            <Skeletons />
          ) : query.isError && loaded.length === 0 ? (
            <Failed what="Conversations did not load" error={query.error} retry={() => void query.refetch()} />
          ) : rows.length === 0 ? (
            <Nothing view={view} onChange={onChange} />
          ) : (
            <ul aria-label="Conversations" className="relative" style={{ height: virtual.getTotalSize() }}>
              {items.map((item) => {
                const row = rows[item.index]
                return (
                  row && (
                    <li
                      key={item.key}
                      aria-setsize={hasNextPage ? -1 : rows.length}
                      aria-posinset={item.index + 1}
                      className="absolute inset-x-0 top-0"
                      style={{ height: ROW_HEIGHT, transform: `translateY(${item.start}px)` }}
                    >
                      <Row
                        conversation={row}
                        open={row.id === openId}
                        selected={selected.includes(row.id)}
                        selecting={selected.length > 0}
                        asked={asked.has(row.id)}
                        gone={gone.has(row.id)}
                      />
                    </li>
                  )
                )
              })}
            </ul>
          )}
        </div>
        <BulkBar loaded={loaded.length} />
      </div>
    </div>
  )
}

function Nothing({ view, onChange }: { view: View; onChange: (view: View) => void }) {
  if (view.search !== undefined) {
    return (
      <Empty
        icon={SearchX}
        title={`Nothing found for “${view.search}”`}
        action={<Button onClick={() => onChange(changed(view, { search: undefined }))}>Clear search</Button>}
      >
        Names, addresses, numbers and the words of messages were searched
        {isNarrowed(changed(view, { search: undefined })) || view.status === undefined ? ', within the filters above' : ''}.
      </Empty>
    )
  }
  if (isNarrowed(view)) {
    return (
      <Empty
        icon={Inbox}
        title="No conversation fits these filters"
        action={<Button onClick={() => onChange({})}>Show all that are open</Button>}
      />
    )
  }
  return (
    <Empty icon={Inbox} title="Nothing is open">
      New conversations appear here by themselves.
    </Empty>
  )
}

function Skeletons() {
  return (
    <div role="status" aria-label="Loading conversations">
      {Array.from({ length: 12 }, (_, index) => (
        <div key={index} className="flex gap-3 px-3.5 py-2.5" style={{ height: ROW_HEIGHT }}>
          <span className="skeleton size-9 shrink-0 rounded-full" />
          <span className="grow">
            <span className="skeleton mt-1 block h-3.5" style={{ width: `${40 + ((index * 17) % 30)}%` }} />
            <span className="skeleton mt-2.5 block h-3" style={{ width: `${60 + ((index * 23) % 35)}%` }} />
          </span>
        </div>
      ))}
    </div>
  )
}
