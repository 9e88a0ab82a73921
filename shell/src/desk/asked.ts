/**
 * What somebody wants to choose for conversations. Keys, buttons and the command bar ask here; one
 * dialog answers, wherever the question came from.
 */
import { session } from '#auth/session.ts'
import { createStore } from '#base/store.ts'

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

/** Whether the person here may have it so; of nothing named, whether they may change conversations. */
export function mayAsk(what?: Question): boolean {
  return session().person.may(what === 'escalate' ? 'approvals:request' : 'conversations:update')
}

export function ask(what: Question, about: readonly string[], more: Pick<Asked, 'at' | 'then'> = {}): void {
  if (about.length > 0 && mayAsk(what)) asked.set({ ...more, what, about })
}

interface Doer {
  readonly change: (about: readonly string[], change: Change) => void
  readonly unread: (about: readonly string[]) => void
}

let doer: Doer = { change: () => undefined, unread: () => undefined }

/** Who carries out what is wanted, and tells of it. */
export function onWanted(next: Doer): void {
  doer = next
}

/** Wants a change that needs no question. */
export function want(about: readonly string[], change: Change): void {
  if (about.length > 0 && mayAsk()) doer.change(about, change)
}

/** Wants it to be as if nobody had seen it. */
export function wantUnread(about: readonly string[]): void {
  if (about.length > 0 && mayAsk()) doer.unread(about)
}
