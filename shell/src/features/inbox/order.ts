import { useEffect, useMemo, useState } from 'react'

import type { Conversation } from '#api/types.ts'

interface Held {
  rows: Conversation[]
  /** Ids of rows that have left the list. */
  gone: ReadonlySet<string>
  /** How many rows would move. */
  moved: number
  release: () => void
}

/** How long a leaving row fades. Milliseconds. */
const FADE = 220
/** If more rows than this leave at once, the list counts as a different one. */
const MOST_LEAVING = 50
const NONE: ReadonlySet<string> = new Set()

/**
 * Keeps rows from moving under the pointer. While `hold` is set, rows stay where they are and show their changes, new
 * rows wait, and rows that left fade and stay. Rows loaded at the end are added, and stay like the others.
 */
export function useHeldOrder(rows: Conversation[], hold: boolean, view: unknown): Held {
  const [kept, setKept] = useState({ rows, view })
  // Thousands of rows are compared only when they change, not on every scroll.
  const { shown, left, moved, grown } = useMemo(() => compare(kept.rows, rows), [kept.rows, rows])
  const leaving = left.size > 0 && left.size <= MOST_LEAVING && kept.view === view
  const free = (!hold && !leaving) || kept.view !== view || kept.rows.length === 0
  if (free && (kept.rows !== rows || kept.view !== view)) setKept({ rows, view })
  else if (!free && grown) setKept({ rows: shown, view })
  useEffect(() => {
    if (hold || !leaving) return
    const timer = setTimeout(() => setKept({ rows, view }), FADE)
    return () => clearTimeout(timer)
    // Other changes do not make leaving rows stay longer.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [hold, leaving, [...left].join(' '), view])
  if (free) return { rows, gone: NONE, moved: 0, release: () => undefined }
  return { rows: shown, gone: left, moved: hold ? moved : 0, release: () => setKept({ rows, view }) }
}

/** Compares the kept rows with the current ones. */
function compare(kept: Conversation[], rows: Conversation[]) {
  if (kept === rows) return { shown: rows, left: NONE, moved: 0, grown: false }
  const now = new Map(rows.map((row) => [row.id, row]))
  const before = new Set(kept.map((row) => row.id))
  const left = kept.filter((row) => !now.has(row.id)).map((row) => row.id)
  // Rows loaded at the end do not change the order.
  const appended = rows.slice(rows.findLastIndex((row) => before.has(row.id)) + 1)
  const wanted = rows.filter((row) => before.has(row.id))
  const still = kept.filter((row) => now.has(row.id))
  const displaced = wanted.some((row, index) => still[index]?.id !== row.id)
  const joined = rows.length - wanted.length - appended.length
  return {
    shown: [...kept.map((row) => now.get(row.id) ?? row), ...appended],
    left: left.length === 0 ? NONE : new Set(left),
    moved: joined + left.length + (displaced ? 1 : 0),
    grown: appended.length > 0,
  }
}
