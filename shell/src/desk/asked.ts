/**
 * What somebody wants to choose for conversations. Keys, buttons and the command bar ask here; one
 * dialog answers, wherever the question came from.
 */
import { createStore } from '#live/store.ts'

import type { Change } from './change.ts'

export type Question = 'status' | 'snooze' | 'priority' | 'assignee' | 'me' | 'team' | 'labels' | 'escalate'

export interface Asked {
  readonly what: Question
  /** The conversations. */
  readonly about: readonly string[]
  /** Where it was asked for; in the middle if nowhere. */
  readonly at?: DOMRect | undefined
  /** What is done with the answer, if not to change the conversations. */
  readonly then?: ((change: Change) => void) | undefined
}

export const asked = createStore<Asked | null>(null)

export function ask(what: Question, about: readonly string[], more: Pick<Asked, 'at' | 'then'> = {}): void {
  if (about.length > 0) asked.set({ ...more, what, about })
}

type Doer = (about: readonly string[], change: Change) => void

let doer: Doer = () => undefined

/** Who carries out what is wanted, and tells of it. */
export function onWanted(next: Doer): void {
  doer = next
}

/** Wants a change that needs no question. */
export function want(about: readonly string[], change: Change): void {
  if (about.length > 0) doer(about, change)
}
