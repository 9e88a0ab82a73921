/**
 * Edits a list that was loaded page by page. Pages keep their order and their cursors, and unchanged pages stay the
 * same objects, so that nothing is rendered needlessly.
 */
import type { InfiniteData } from '@tanstack/react-query'

interface PageOf<T> {
  data: T[]
}

interface Row {
  id: string
}

export type Paged<P> = InfiniteData<P, string | null>

/** The list without the row. */
export function without<T extends Row, P extends PageOf<T>>(list: Paged<P>, id: string): Paged<P> {
  const holds = (page: P) => page.data.some((row) => row.id === id)
  if (!list.pages.some(holds)) return list
  const pages = list.pages.map((page) =>
    holds(page) ? { ...page, data: page.data.filter((row) => row.id !== id) } : page,
  )
  return { ...list, pages }
}

/** The list with a newer version of a row, in the same place. */
export function replaced<T extends Row, P extends PageOf<T>>(list: Paged<P>, row: T): Paged<P> {
  const pages = list.pages.map((page) =>
    page.data.some((one) => one.id === row.id)
      ? { ...page, data: page.data.map((one) => (one.id === row.id ? row : one)) }
      : page,
  )
  return { ...list, pages }
}

export function find<T extends Row, P extends PageOf<T>>(list: Paged<P>, id: string): T | undefined {
  for (const page of list.pages) {
    const row = page.data.find((one) => one.id === id)
    if (row) return row
  }
  return undefined
}

/**
 * The list with a row in its place; `order` says which of two rows comes first. `end` is where loading stopped, or null
 * if everything is loaded: a row beyond it is left out, and comes when more is loaded.
 */
export function placed<T extends Row, P extends PageOf<T>>(
  list: Paged<P>,
  row: T,
  order: (a: T, b: T) => number,
  end: T | null,
): Paged<P> {
  const there = find<T, P>(list, row.id)
  if (there === row) return list
  if (there && order(there, row) === 0) return replaced(list, row)
  const rest = without<T, P>(list, row.id)
  if (end && order(row, end) > 0) return rest
  for (const [number, page] of rest.pages.entries()) {
    const index = page.data.findIndex((one) => order(row, one) < 0)
    if (index !== -1) return withRowAt(rest, number, index, row)
  }
  const last = rest.pages.length - 1
  return last < 0 ? rest : withRowAt(rest, last, rest.pages[last]?.data.length ?? 0, row)
}

function withRowAt<T extends Row, P extends PageOf<T>>(
  list: Paged<P>,
  number: number,
  index: number,
  row: T,
): Paged<P> {
  const pages = list.pages.map((page, at) =>
    at === number ? { ...page, data: page.data.toSpliced(index, 0, row) } : page,
  )
  return { ...list, pages }
}

/** The rows of all pages, each once: a row that moved while pages were loaded may be in two. */
export function rowsOf<T extends Row>(list: { pages: PageOf<T>[] }): T[] {
  const seen = new Set<string>()
  const rows: T[] = []
  for (const page of list.pages) {
    for (const row of page.data) {
      if (seen.has(row.id)) continue
      seen.add(row.id)
      rows.push(row)
    }
  }
  return rows
}
