/**
 * Questions about conversations, such as whom to assign them to. Keys, buttons and the command bar ask here, and one
 * dialog answers, wherever the question came from.
 */
import { session } from '#auth/session.ts'
import { createStore } from '#base/store.ts'

import type { Change } from './change.ts'

export type Question = 'status' | 'snooze' | 'priority' | 'assignee' | 'me' | 'team' | 'labels' | 'escalate'

export interface Asked {
  readonly what: Question
  /** Ids of the conversations that it is about. */
  readonly about: readonly string[]
  /** The element that asked; in the middle of the window if there is none. */
  readonly at?: DOMRect | undefined
  /** Receives the answer, if it is not to change the conversations. */
  readonly then?: ((change: Change) => void) | undefined
}

export const asked = createStore<Asked | null>(null)

/** Whether this person may ask that; without an argument, whether they may change conversations. */
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

/** Sets who carries out changes, and reports them. */
export function onWanted(next: Doer): void {
  doer = next
}

/** Requests a change that needs no question. */
export function want(about: readonly string[], change: Change): void {
  if (about.length > 0 && mayAsk()) doer.change(about, change)
}

/** Marks conversations as unread. */
export function wantUnread(about: readonly string[]): void {
  if (about.length > 0 && mayAsk()) doer.unread(about)
}
