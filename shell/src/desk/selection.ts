/** The selected conversations, and the order of the list. */
import { createStore, useStore } from '#base/store.ts'

const NONE: readonly string[] = []

/** Ids, in the order in which they were selected. */
export const selection = createStore<readonly string[]>(NONE)

/** Ids of the rows in the list, from the top. */
export const shownOrder = createStore<readonly string[]>(NONE)

export function useSelection(): readonly string[] {
  return useStore(selection)
}

export function clearSelection(): void {
  selection.set(NONE)
}

export function toggle(id: string): void {
  const now = selection.get()
  selection.set(now.includes(id) ? now.filter((one) => one !== id) : [...now, id])
}

/** Selects everything from the last selected row to this one. */
export function selectUpTo(id: string): void {
  const order = shownOrder.get()
  const from = order.indexOf(selection.get().at(-1) ?? id)
  const to = order.indexOf(id)
  if (from === -1 || to === -1) { toggle(id); return; }
  const between = order.slice(Math.min(from, to), Math.max(from, to) + 1)
  selection.set([...new Set([...selection.get(), ...between, id])])
}

/** Sets the order of the list, and deselects what has left it: nobody could see that it is selected. */
export function showOrder(order: readonly string[]): void {
  shownOrder.set(order)
  const there = new Set(order)
  const left = selection.get().filter((id) => there.has(id))
  if (left.length < selection.get().length) selection.set(left)
}

export function select(ids: readonly string[]): void {
  selection.set(ids)
}

/** The row that contains the focus, even if its checkbox has it. */
export function focusedRow(): string | undefined {
  return document.activeElement?.closest<HTMLElement>('[data-row]')?.dataset.row
}

/** The conversation to go to after this one: the one below it, or else the one above. */
export function neighbour(id: string): string | undefined {
  const order = shownOrder.get()
  const at = order.indexOf(id)
  return at === -1 ? undefined : (order[at + 1] ?? order[at - 1])
}
