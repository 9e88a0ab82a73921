/**
 * What was typed and not sent yet, by what it is about: whoever closes a sheet, or goes elsewhere, finds it when they
 * are back. It lives as long as the page, as it may be about anybody.
 */
import { useState } from 'react'

const unsent = new Map<string, unknown>()

/** Like `useState`. Give it what it is about as the component's key too. */
export function useUnsent<T>(about: string, initial: T): [T, (next: T) => void] {
  const [value, setValue] = useState(() => (unsent.has(about) ? (unsent.get(about) as T) : initial))
  const put = (next: T) => {
    setValue(next)
    unsent.set(about, next)
  }
  return [value, put]
}

/** It was sent. */
export function forgetUnsent(about: string): void {
  unsent.delete(about)
}
