/**
 * What was typed and not sent yet, by what it is about: whoever closes a sheet, or goes elsewhere, finds it when they
 * are back. It lives as long as the page, as it may be about anybody.
 */
import { useState, useSyncExternalStore } from 'react'

const unsent = new Map<string, unknown>()
const listeners = new Set<() => void>()

function tell(): void {
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Like `useState`, until it is forgotten: then it is as it was first. Give it what it is about as the component's key too. */
export function useUnsent<T>(about: string, initial: T): [T, (next: T) => void] {
  const [first] = useState(initial)
  const value = useSyncExternalStore(subscribe, () => (unsent.has(about) ? (unsent.get(about) as T) : first))
  const put = (next: T) => {
    unsent.set(about, next)
    tell()
  }
  return [value, put]
}

/** It was sent: who has opened it again meanwhile does not send it once more. What is there instead of what was sent stays. */
export function forgetUnsent(about: string, sent?: string): void {
  const there = unsent.get(about)
  if (sent !== undefined && typeof there === 'string' && there.trim() !== sent.trim()) return
  unsent.delete(about)
  tell()
}
