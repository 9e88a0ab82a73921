import { useLocation, useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowUp } from 'lucide-react'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'

import type { Conversation } from '#api/types.ts'
import { useStore } from '#base/store.ts'
import { underWay } from '#desk/act.ts'
import { mayAsk } from '#desk/asked.ts'
import { clearSelection, focusedRow, select, selection, selectUpTo, showOrder, shownOrder, toggle, useSelection } from '#desk/selection.ts'
import { sight } from '#desk/sight.ts'
import { Button } from '#ui/Button.tsx'
import { isFocusLost, restoreFocus } from '#ui/focus.ts'
import { useKeys } from '#ui/keyboard.ts'
import { TryAgain } from '#ui/State.tsx'

import { BulkBar } from './BulkBar.tsx'
import { useFocused } from './focused.ts'
import { useHeldOrder } from './order.ts'
import type { Place } from './place.ts'
import { Row, ROW_HEIGHT } from './Row.tsx'
import { Slots } from './slots.ts'
import type { View } from './view.ts'

/** How many frames a row may take to be rendered before keys act on the focused one again. */
const MOST_FRAMES = 30
/** More rows are loaded this close to the last one. */
const AHEAD = 12

interface RowsProps {
  view: View
  openId: string | undefined
  place: Place
  loaded: Conversation[]
  /** There are no more conversations. */
  all: boolean
  /** There are more, and they may be loaded now. */
  more: boolean
  /** There are more, and loading them failed. */
  failed: boolean
  onMore: () => void
  busy: boolean
  /** Shown if there are no rows. */
  children: ReactNode
}

/** The visible rows of the list. Scrolling renders this component and nothing else. */
export function Rows({ view, openId, place, loaded, all, more, failed, onMore, busy, children }: RowsProps) {
  const navigate = useNavigate()
  const search = useLocation({ select: ({ searchStr }) => searchStr })
  const [hovered, setHovered] = useState(false)
  const [scrolled, setScrolled] = useState(false)
  const key = JSON.stringify(view)
  const held = hovered || scrolled
  const { rows, gone, moved, release } = useHeldOrder(loaded, held, key)

  const scroller = useRef<HTMLDivElement>(null)
  /** The height that the bulk bar covers at the bottom. The last row can be scrolled above it. */
  const [covered, setCovered] = useState(0)
  // eslint-disable-next-line react-hooks/incompatible-library -- its methods are used while rendering only
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 6,
    initialOffset: () => place.top(key),
    paddingEnd: covered,
    scrollPaddingEnd: covered,
  })
  const items = virtual.getVirtualItems()
  // What shows less than half of itself is not counted.
  const top = virtual.scrollOffset ?? 0
  const first = Math.round(top / ROW_HEIGHT)
  const last = Math.round((top + (virtual.scrollRect?.height ?? 0) - covered) / ROW_HEIGHT) - 1
  useLayoutEffect(() => {
    sight.set({ first, last, held })
    return () => sight.set(null)
  }, [first, last, held])
  const [places] = useState(() => new Slots())
  const slots = places.of(items.map(({ key: id }) => String(id)))
  const drawn = places.inPlace(slots, virtual.isScrolling).map((slot) => ({ slot, item: items[slots.indexOf(slot)] }))
  const nearEnd = (items.at(-1)?.index ?? -1) >= rows.length - AHEAD
  useEffect(() => {
    if (more && nearEnd) onMore()
  }, [more, nearEnd, onMore, rows.length])

  const shown = useRef(key)
  useLayoutEffect(() => {
    const box = scroller.current
    if (shown.current !== key) box?.scrollTo({ top: 0 })
    shown.current = key
    const before = place.selected(key)
    if (before.length > 0) select(before)
    return () => {
      place.leave(key, box?.scrollTop ?? 0, selection.get())
      // Keys must not act on what nobody sees any more.
      clearSelection()
    }
  }, [key, place])

  const selected = useSelection()
  useEffect(() => showOrder(rows.filter((row) => !gone.has(row.id)).map((row) => row.id)), [rows, gone])

  /** The row that the next key acts on, until it is rendered and has the focus. */
  const aimed = useRef<string | null>(null)
  const here = () => aimed.current ?? focusedRow() ?? openId
  const focus = (id: string, tries = MOST_FRAMES) => {
    if (aimed.current !== id) return
    const row = scroller.current?.querySelector<HTMLElement>(`[data-row="${id}"] > a`)
    row?.focus({ preventScroll: true })
    // In a low window, the list itself may have to be scrolled into view.
    if (row) scroller.current?.scrollIntoView({ block: 'nearest' })
    if (row || tries === 0) aimed.current = null
    else requestAnimationFrame(() => focus(id, tries - 1))
  }
  const aim = (id: string) => {
    aimed.current = id
    focus(id)
  }
  const focused = useFocused(rows, (id) => {
    const seen = items.find(({ start }) => start >= (scroller.current?.scrollTop ?? 0))
    const next = id ?? (seen && rows[seen.index]?.id)
    if (next === undefined) restoreFocus()
    else aim(next)
  })
  // The bar may cover the focused row when it comes. Only keyboard focus counts: nothing moves under a pointer.
  useLayoutEffect(() => {
    const box = scroller.current
    const at = box?.querySelector('[data-row] :focus-visible')?.closest('[data-row]')
    if (!box || !at || covered === 0) return
    const under = at.getBoundingClientRect().bottom - (box.getBoundingClientRect().bottom - covered)
    if (under > 0) box.scrollBy(0, under)
  }, [covered])
  // Render when a bulk change ends: the bar may go with that, and the focus with it.
  useStore(underWay, (now) => now !== null)
  // Back from a conversation, the focus goes to its row.
  const opened = useRef(openId ?? place.opened)
  useEffect(() => {
    const before = opened.current
    opened.current = openId
    if (before === undefined || openId !== undefined) return
    if (isFocusLost() || document.activeElement?.matches('main')) aim(before)
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when it is closed
  }, [openId])
  const step = (by: 1 | -1) => {
    const at = rows.findIndex((row) => row.id === here())
    const next = rows[at === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]
    if (!next) return
    virtual.scrollToIndex(rows.indexOf(next))
    if (openId) void navigate({ to: '/inbox/$id', params: { id: next.id }, search: (now) => now })
    aim(next.id)
  }
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    x: (event) => {
      const id = here()
      // The open conversation may be in no row, where nobody would see that it is selected.
      if (id && mayAsk() && shownOrder.get().includes(id)) (event.shiftKey ? selectUpTo : toggle)(id)
    },
    ...(selected.length > 0 && { Escape: clearSelection }),
    '/': () => document.querySelector<HTMLInputElement>('[data-search]')?.focus(),
  })

  return (
    <div className="relative min-h-44 grow border-t border-line" {...focused}>
      {moved > 0 && (
        <Button
          className="rise absolute -top-3.5 left-1/2 z-10 h-7 -translate-x-1/2 rounded-full text-xs shadow-raised"
          onClick={() => {
            release()
            scroller.current?.scrollTo({ top: 0 })
          }}
        >
          <ArrowUp aria-hidden className="size-3.5" />
          Show new activity
        </Button>
      )}
      <div
        ref={scroller}
        // An opaque background lets the browser scroll it without repainting.
        className="h-full overflow-y-auto bg-surface [scrollbar-gutter:stable]"
        // Browsers respect this when they scroll to a focused element.
        style={{ scrollPaddingBottom: covered }}
        aria-busy={busy}
        onPointerEnter={(event) => setHovered(event.pointerType === 'mouse')}
        onPointerLeave={() => setHovered(false)}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop > ROW_HEIGHT / 2)}
      >
        {busy || rows.length === 0 ? (
          children
        ) : (
          <ul aria-label="Conversations" className="relative" style={{ height: virtual.getTotalSize() }}>
            {drawn.map(({ slot, item }) => {
              const row = item && rows[item.index]
              return (
                row && (
                  <li
                    key={slot}
                    aria-setsize={all ? rows.length : -1}
                    aria-posinset={item.index + 1}
                    className="absolute inset-x-0 top-0 contain-strict"
                    style={{ height: ROW_HEIGHT, transform: `translateY(${item.start}px)` }}
                  >
                    <Row
                      conversation={row}
                      search={search}
                      open={row.id === openId}
                      selected={selected.includes(row.id)}
                      selecting={selected.length > 0}
                      gone={gone.has(row.id)}
                    />
                  </li>
                )
              )
            })}
          </ul>
        )}
        {failed && rows.length > 0 && <TryAgain what="More conversations" retry={onMore} />}
      </div>
      <BulkBar onCovers={setCovered} />
    </div>
  )
}
