/** Whether a reply or a note is being written in a conversation. It stays so however the screen is laid out. */
import { createStore, useStore } from '../base/store.ts'

export type DraftKind = 'reply' | 'note'
export const KINDS: readonly DraftKind[] = ['reply', 'note']

/** Conversations in which a note is being written. */
const noting = createStore<ReadonlySet<string>>(new Set())

export function useKind(conversationId: string): DraftKind {
  return useStore(noting, (ids) => (ids.has(conversationId) ? 'note' : 'reply'))
}

export function setKind(conversationId: string, kind: DraftKind): void {
  const next = new Set(noting.get())
  if (kind === 'note') next.add(conversationId)
  else next.delete(conversationId)
  noting.set(next)
}
