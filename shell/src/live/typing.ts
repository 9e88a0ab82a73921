/** Who is typing where. Nobody reliably reports that they stopped, so each report lasts 6 seconds. */
import type { Message } from '../api/types.ts'
import { createStore, type Store, useStore } from '../base/store.ts'

export interface Typist {
  readonly name: string | null
  readonly actorType: string
  readonly private: boolean
}

const LASTS = 6_000
/** For how many conversations it is remembered when somebody last typed here. */
const MOST_TYPED = 100
const NOBODY: readonly Typist[] = []

type Typists = ReadonlyMap<string, readonly Typist[]>

export const typists: Store<Typists> = createStore<Typists>(new Map())
const timers = new Map<string, ReturnType<typeof setTimeout>>()
/** When somebody using this workspace last typed in a conversation. */
const typed = new Map<string, number>()
/** How many names are remembered; there are no more than agents. */
const MOST_NAMES = 1_000
/** The names that Chatwoot shows for people who write through this workspace, as learnt from their messages. */
const called = new Set<string>()

export function typistsOf(all: Typists, conversationId: string): readonly Typist[] {
  return all.get(conversationId) ?? NOBODY
}

/** Somebody types in this workspace. Chatwoot will report it too, under the name of the token's owner. */
export function typedHere(conversationId: string): void {
  typed.delete(conversationId)
  typed.set(conversationId, Date.now())
  const [first] = typed.keys()
  if (first !== undefined && typed.size > MOST_TYPED) typed.delete(first)
}

/** Learns from a message which name Chatwoot shows for its author. */
export function learnName({ author, sender, chatwootId }: Message): void {
  if (author?.type === 'member' && chatwootId != null && sender?.name && called.size < MOST_NAMES) called.add(sender.name)
}

/**
 * Whether a report from Chatwoot most likely repeats what was typed here, because only people who write here have that
 * name.
 */
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
