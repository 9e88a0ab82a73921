import { useState } from 'react'

import type { Conversation } from '#api/types.ts'

interface Held {
  rows: Conversation[]
  /** How many rows would be elsewhere. */
  moved: number
  release: () => void
}

/**
 * Nothing moves under the pointer: while `hold`, rows stay where they were and show what is new in
 * them; those that are new wait, and those that left stay until the order may change.
 */
export function useHeldOrder(rows: Conversation[], hold: boolean, view: unknown): Held {
  const [kept, setKept] = useState({ rows, view })
  const free = !hold || kept.view !== view || kept.rows.length === 0
  if (free && (kept.rows !== rows || kept.view !== view)) setKept({ rows, view })
  if (free) return { rows, moved: 0, release: () => undefined }

  const now = new Map(rows.map((row) => [row.id, row]))
  const before = new Map(kept.rows.map((row) => [row.id, row]))
  // More of the list was loaded: that is no change of its order.
  const last = kept.rows.at(-1)
  const from = last ? rows.findIndex((row) => row.id === last.id) : -1
  const appended = from === -1 ? [] : rows.slice(from + 1).filter((row) => !before.has(row.id))
  const shown = [...kept.rows.map((row) => now.get(row.id) ?? row), ...appended]
  const wanted = rows.filter((row) => before.has(row.id))
  const still = kept.rows.filter((row) => now.has(row.id))
  const displaced = wanted.filter((row, index) => still[index]?.id !== row.id).length > 0
  const joined = rows.filter((row) => !before.has(row.id)).length - appended.length
  const gone = kept.rows.length - still.length
  return {
    rows: shown,
    moved: joined + gone + (displaced ? 1 : 0),
    release: () => setKept({ rows, view }),
  }
}
