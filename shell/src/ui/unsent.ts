/**
 * Texts that were typed and not sent, by what they are about: somebody who closes a dialog, or goes elsewhere, finds
 * them again. They outlive the page in its tab, for the person who signs in there again, and for nobody else.
 */
import { useState } from 'react'

import { tab } from '#base/storage.ts'
import { createStore, useStore } from '#base/store.ts'

interface Entry {
  readonly value: unknown
  /** When it was typed, in milliseconds since 1970. */
  readonly at: number
}

const EVERYBODY = 'axis.unsent.'
/** Above this number, the oldest text is dropped. */
const MOST = 50

/** The latest text is last. */
const unsent = createStore<ReadonlyMap<string, unknown>>(new Map())
/** The storage prefix; null until it is known who types. */
let place: string | null = null

/** Restores what an earlier page of this tab left for this person, and removes what it left for anybody else. */
export function takeUpUnsent(person: string): void {
  place = `${EVERYBODY}${person}.`
  const found: [string, Entry][] = []
  for (const [rest, entry] of tab.entries(EVERYBODY)) {
    const name = EVERYBODY + rest
    const about = name.startsWith(place) ? name.slice(place.length) : null
    // What a text is about has no dot; another person's id may begin with this one and a dot.
    if (about === null || about.includes('.')) tab.remove(name)
    else if (isEntry(entry)) found.push([about, entry])
  }
  unsent.set(new Map(found.sort(([, a], [, b]) => a.at - b.at).map(([about, { value }]) => [about, value])))
}

function isEntry(entry: unknown): entry is Entry {
  return typeof entry === 'object' && entry !== null && 'value' in entry && 'at' in entry
}

/**
 * Like `useState`, but kept until it is forgotten, when it returns to its initial value. Use `about`, which has no dot, as
 * the component's key too.
 */
export function useUnsent<T>(about: string, initial: T): [T, (next: T) => void] {
  const [first] = useState(initial)
  const value = useStore(unsent, (all) => (all.has(about) ? (all.get(about) as T) : first))
  const put = (next: T) => (Object.is(next, first) ? drop(about) : keep(about, next))
  return [value, put]
}

/** Call it when a text was sent, so that it is not sent again. A text that has changed since stays. */
export function forgetUnsent(about: string, sent?: string): void {
  const there = unsent.get().get(about)
  if (sent !== undefined && typeof there === 'string' && there.trim() !== sent.trim()) return
  drop(about)
}

function keep(about: string, value: unknown): void {
  const next = new Map(unsent.get())
  // Moved to the end if it existed.
  next.delete(about)
  next.set(about, value)
  const [oldest] = next.keys()
  unsent.set(next)
  const entry: Entry = { value, at: Date.now() }
  if (place !== null) tab.writeJson(place + about, entry)
  if (oldest !== undefined && next.size > MOST) drop(oldest)
}

function drop(about: string): void {
  const next = new Map(unsent.get())
  if (next.delete(about)) unsent.set(next)
  if (place !== null) tab.remove(place + about)
}
