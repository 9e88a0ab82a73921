/** Which colleagues look at which conversation. They report it regularly, and otherwise count as gone. */
import { createStore, type Store, useStore } from '../base/store.ts'

export interface Present {
  readonly id: string
  readonly name: string | null
  readonly replies: boolean
}

const LASTS = 45_000
const NOBODY: readonly Present[] = []

type Everybody = ReadonlyMap<string, readonly Present[]>

export const everybody: Store<Everybody> = createStore<Everybody>(new Map())
const timers = new Map<string, ReturnType<typeof setTimeout>>()

export function presentOf(all: Everybody, conversationId: string): readonly Present[] {
  return all.get(conversationId) ?? NOBODY
}

/** Records that somebody is there or has left. Returns whether they have just come. */
export function present(conversationId: string, person: Present, there: boolean): boolean {
  const key = `${conversationId} ${person.id}`
  clearTimeout(timers.get(key))
  timers.delete(key)
  const before = presentOf(everybody.get(), conversationId)
  const at = before.findIndex((one) => one.id === person.id)
  // Everybody keeps their place.
  const others = before.filter((one) => one.id !== person.id)
  const now = there ? others.toSpliced(at === -1 ? others.length : at, 0, person) : others
  const next = new Map(everybody.get())
  if (now.length > 0) next.set(conversationId, now)
  else next.delete(conversationId)
  everybody.set(next)
  if (there) timers.set(key, setTimeout(() => present(conversationId, person, false), LASTS))
  return there && at === -1
}

/** The colleagues who look at a conversation too. */
export function usePresent(conversationId: string): readonly Present[] {
  return useStore(everybody, (now) => presentOf(now, conversationId))
}
