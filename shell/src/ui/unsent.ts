/**
 * What was typed and not sent yet, by what it is about: whoever closes a sheet, or goes elsewhere, finds it when they
 * are back. It outlives the page in its tab, for whoever signs in anew there, and for nobody else.
 */
import { useState, useSyncExternalStore } from 'react'

interface Entry {
  readonly value: unknown
  /** When it was typed, in milliseconds since 1970. */
  readonly at: number
}

const EVERYBODY = 'axis.unsent.'
/** Of more than that, what was typed longest ago is given up. */
const MOST = 50

/** What was typed last is last. */
const unsent = new Map<string, unknown>()
const listeners = new Set<() => void>()
/** Where the tab keeps it; nowhere before it is known who types. */
let place: string | null = null

function tell(): void {
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Takes up what an earlier page of this tab left of this person; what anybody else left is forgotten. */
export function takeUpUnsent(person: string): void {
  place = `${EVERYBODY}${person}.`
  unsent.clear()
  const found: [string, Entry][] = []
  try {
    for (const name of Object.keys(sessionStorage)) {
      if (!name.startsWith(EVERYBODY)) continue
      if (name.startsWith(place)) found.push([name.slice(place.length), JSON.parse(sessionStorage.getItem(name) ?? '{}') as Entry])
      else sessionStorage.removeItem(name)
    }
  } catch {
    // Switched off, or not to be read: what is typed from now on is there as long as the page.
  }
  for (const [about, { value }] of found.sort(([, a], [, b]) => a.at - b.at)) unsent.set(about, value)
  tell()
}

/** Like `useState`, until it is forgotten: then it is as it was first. Give it what it is about as the component's key too. */
export function useUnsent<T>(about: string, initial: T): [T, (next: T) => void] {
  const [first] = useState(initial)
  const value = useSyncExternalStore(subscribe, () => (unsent.has(about) ? (unsent.get(about) as T) : first))
  const put = (next: T) => {
    drop(about)
    if (!Object.is(next, first)) keep(about, next)
    tell()
  }
  return [value, put]
}

/** It was sent: who has opened it again meanwhile does not send it once more. What is there instead of what was sent stays. */
export function forgetUnsent(about: string, sent?: string): void {
  const there = unsent.get(about)
  if (sent !== undefined && typeof there === 'string' && there.trim() !== sent.trim()) return
  drop(about)
  tell()
}

function keep(about: string, value: unknown): void {
  unsent.set(about, value)
  const [oldest] = unsent.keys()
  if (oldest !== undefined && unsent.size > MOST) drop(oldest)
  try {
    const entry: Entry = { value, at: Date.now() }
    if (place !== null) sessionStorage.setItem(place + about, JSON.stringify(entry))
  } catch {
    // Full or switched off: it is there as long as the page.
  }
}

function drop(about: string): void {
  unsent.delete(about)
  try {
    if (place !== null) sessionStorage.removeItem(place + about)
  } catch {
    // As above.
  }
}
