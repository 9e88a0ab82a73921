import { useLayoutEffect, useRef } from 'react'

import type { Conversation } from '#api/types.ts'
import { focusedRow } from '#desk/selection.ts'
import { isFocusLost } from '#ui/focus.ts'

type Rows = readonly Conversation[]

/**
 * Keeps the focus in the list when the focused element disappears: if its row leaves, the next row gets it; after a
 * bulk change, the row that had it last. `aim` focuses a row, or any row if there is no id. Spread the returned props
 * on the element that contains the rows and everything that acts on them.
 */
export function useFocused(rows: Rows, aim: (id: string | undefined) => void) {
  const has = useRef(false)
  const last = useRef<string | undefined>(undefined)
  const order = useRef(rows)
  useLayoutEffect(() => {
    const had = last.current
    if (order.current !== rows) {
      if (had !== undefined && !rows.some(({ id }) => id === had)) last.current = nearest(had, order.current, rows)
      order.current = rows
    }
    if (!has.current) return
    const now = focusedRow()
    // The element shows another row by now, which nobody chose.
    const strays = now !== undefined && now !== had
    if (!strays && !isFocusLost()) return
    if (strays && document.activeElement instanceof HTMLElement) document.activeElement.blur()
    // A row that was scrolled out of sight is not brought back for that.
    if (!strays || last.current !== had) aim(last.current)
  })
  return {
    onFocus: () => {
      has.current = true
      last.current = focusedRow() ?? last.current
    },
    // Browsers do not report removed elements. Somebody who leaves the window finds the focus where it was.
    onBlur: ({ currentTarget, relatedTarget }: React.FocusEvent) => {
      has.current = relatedTarget === null ? !document.hasFocus() : currentTarget.contains(relatedTarget)
    },
  }
}

/** The row below one that is gone, or else the one above it. */
function nearest(gone: string, before: Rows, rows: Rows): string | undefined {
  const there = new Set(rows.map(({ id }) => id))
  const at = before.findIndex(({ id }) => id === gone)
  const stays = ({ id }: Conversation) => there.has(id)
  return (before.slice(at + 1).find(stays) ?? before.slice(0, Math.max(0, at)).findLast(stays))?.id
}
