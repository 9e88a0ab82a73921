/** Who is typing where. Nobody says reliably that they stopped, so each word of it lasts 6 seconds. */
import type { Message } from '../api/types.ts'
import { createStore, type Store, useStore } from '../base/store.ts'

export interface Typist {
  readonly name: string | null
  readonly actorType: string
  readonly private: boolean
}

const LASTS = 6_000
/** How many conversations it is remembered of that somebody types there by way of this workspace. */
const MOST_TYPED = 100
const NOBODY: readonly Typist[] = []

type Typists = ReadonlyMap<string, readonly Typist[]>

export const typists: Store<Typists> = createStore<Typists>(new Map())
const timers = new Map<string, ReturnType<typeof setTimeout>>()
/** When a person of this workspace typed last in a conversation. */
const typed = new Map<string, number>()
/** How many names are remembered; there are not more of them than of agents. */
const MOST_NAMES = 1_000
/** What Chatwoot calls those who write by way of this workspace, as far as their messages have told. */
const called = new Set<string>()

export function typistsOf(all: Typists, conversationId: string): readonly Typist[] {
  return all.get(conversationId) ?? NOBODY
}

/** A person of this workspace types: Chatwoot will tell of it too, by the name of whoever it takes them for. */
export function typedHere(conversationId: string): void {
  typed.delete(conversationId)
  typed.set(conversationId, Date.now())
  const [first] = typed.keys()
  if (first !== undefined && typed.size > MOST_TYPED) typed.delete(first)
}

/** A message tells what Chatwoot calls who wrote it here. */
export function learnName({ author, sender, chatwootId }: Message): void {
  if (author?.type === 'member' && chatwootId != null && sender?.name && called.size < MOST_NAMES) called.add(sender.name)
}

/** Whether what Chatwoot tells of a colleague is most likely what is known already: nobody else goes by that name. */
export function isEcho(conversationId: string, name: string | null): boolean {
  const known = called.size === 0 || name === null || called.has(name)
  return known && Date.now() - (typed.get(conversationId) ?? -Infinity) < LASTS
}

export function typing(conversationId: string, typist: Typist, on: boolean): void {
  const key = `${conversationId} ${nameOf(typist)}`
  clearTimeout(timers.get(key))
  timers.delete(key)
  const others = typistsOf(typists.get(), conversationId).filter((one) => nameOf(one) !== nameOf(typist))
  const now = on ? [...others, typist] : others
  const next = new Map(typists.get())
  if (now.length > 0) next.set(conversationId, now)
  else next.delete(conversationId)
  typists.set(next)
  if (on) timers.set(key, setTimeout(() => typing(conversationId, typist, false), LASTS))
}

function nameOf(typist: Typist): string {
  return `${typist.actorType} ${typist.name ?? ''}`
}

export function useTypists(conversationId: string): readonly Typist[] {
  return useStore(typists, (now) => typistsOf(now, conversationId))
}
