/**
 * What was typed and not sent yet, by what it is about: whoever closes a sheet, or goes elsewhere, finds it when they
 * are back. It outlives the page in its tab, for whoever signs in anew there, and for nobody else.
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
/** Of more than that, what was typed longest ago is given up. */
const MOST = 50

/** What was typed last is last. */
const unsent = createStore<ReadonlyMap<string, unknown>>(new Map())
/** Where the tab keeps it; nowhere before it is known who types. */
let place: string | null = null

/** Takes up what an earlier page of this tab left of this person; what anybody else left is forgotten. */
export function takeUpUnsent(person: string): void {
  place = `${EVERYBODY}${person}.`
  const found: [string, Entry][] = []
  for (const [rest, entry] of tab.entries(EVERYBODY)) {
    const name = EVERYBODY + rest
    if (!name.startsWith(place)) tab.remove(name)
    else if (isEntry(entry)) found.push([name.slice(place.length), entry])
  }
  unsent.set(new Map(found.sort(([, a], [, b]) => a.at - b.at).map(([about, { value }]) => [about, value])))
}

function isEntry(entry: unknown): entry is Entry {
  return typeof entry === 'object' && entry !== null && 'value' in entry && 'at' in entry
}

/** Like `useState`, until it is forgotten: then it is as it was first. Give it what it is about as the component's key too. */
export function useUnsent<T>(about: string, initial: T): [T, (next: T) => void] {
  const [first] = useState(initial)
  const value = useStore(unsent, (all) => (all.has(about) ? (all.get(about) as T) : first))
  const put = (next: T) => (Object.is(next, first) ? drop(about) : keep(about, next))
  return [value, put]
}

/** It was sent: who has opened it again meanwhile does not send it once more. What is there instead of what was sent stays. */
export function forgetUnsent(about: string, sent?: string): void {
  const there = unsent.get().get(about)
  if (sent !== undefined && typeof there === 'string' && there.trim() !== sent.trim()) return
  drop(about)
}

function keep(about: string, value: unknown): void {
  const next = new Map(unsent.get())
  // At the end, if it was there before.
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
