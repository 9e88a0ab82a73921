/** Which rows of the list somebody can see. */
import { createStore } from '#base/store.ts'

import { shownOrder } from './selection.ts'

/** The visible part of the list. */
export interface Sight {
  /** The first and the last visible place, from 0; there may be fewer rows. */
  readonly first: number
  readonly last: number
  /** Rows stay where they are, and a button offers to show the order of now from its top. */
  readonly held: boolean
}

/** Null while there is no list. */
export const sight = createStore<Sight | null>(null)

/** Whether the list shows this conversation, which belongs at this place of it (-1 for none). */
export function inSight(id: string, place: number): boolean {
  const seen = sight.get()
  if (!seen || place === -1) return false
  const { first, last, held } = seen
  const within = (at: number) => first <= at && at <= last
  if (!held) return within(place)
  const at = shownOrder.get().indexOf(id)
  // If its place is another one, the button is there, and leads to the rows at the top.
  return within(at) || (at !== place && place <= last - first)
}
