import { useLayoutEffect, useRef } from 'react'

import type { Conversation } from '#api/types.ts'
import { focusedRow } from '#desk/selection.ts'
import { isFocusLost } from '#ui/focus.ts'

type Rows = readonly Conversation[]

/**
 * Keeps the focus in the list when what has it goes: with a row that leaves, it is the next one's, and after what was
 * done with several, that of the row which had it last. `aim` gives it to a row, or to any. Give what this gives back
 * to what the rows are in, with all that is done with them.
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
    // Its element shows another row by now, which nobody meant.
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
    // Not told of what is taken away. Who leaves the window is where they were once they are back.
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
