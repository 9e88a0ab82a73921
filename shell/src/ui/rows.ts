import { type FocusEvent, useLayoutEffect, useRef } from 'react'

import { isFocusLost, restoreFocus } from './focus.ts'

/**
 * Keeps the focus in a list when the row that has it leaves: the next row gets it, or else the one before, or the list.
 * `ids` are those of its items, from the top. Spread the returned props on the list.
 */
export function useRowFocus(ids: readonly string[]) {
  const list = useRef<HTMLUListElement>(null)
  const had = useRef<string | undefined>(undefined)
  const order = useRef(ids)
  useLayoutEffect(() => {
    const before = order.current
    order.current = ids
    const gone = had.current
    if (gone === undefined || ids.includes(gone)) return
    had.current = undefined
    if (!isFocusLost()) return
    const at = before.indexOf(gone)
    const stays = (id: string) => ids.includes(id)
    const next = before.slice(at + 1).find(stays) ?? before.slice(0, Math.max(0, at)).findLast(stays)
    const row = next === undefined ? undefined : list.current?.children[ids.indexOf(next)]
    const place = row?.querySelector<HTMLElement>('a, button') ?? list.current
    if (place) place.focus()
    else restoreFocus()
  })
  return {
    ref: list,
    tabIndex: -1,
    onFocus: ({ target }: FocusEvent) => {
      const at = [...(list.current?.children ?? [])].findIndex((row) => row.contains(target))
      had.current = order.current[at]
    },
    // Browsers do not report removed elements. Somebody who leaves the window finds the focus where it was.
    onBlur: ({ relatedTarget }: FocusEvent) => {
      if (relatedTarget !== null || document.hasFocus()) had.current = undefined
    },
  }
}
