import { useState } from 'react'

/** A value that outlives the page, such as a width or what is open. */
export function useRemembered<T>(key: string, initial: T): [T, (next: T) => void] {
  const [value, setValue] = useState(() => read(key, initial))
  const remember = (next: T) => {
    setValue(next)
    write(key, next)
  }
  return [value, remember]
}

export function read<T>(key: string, initial: T): T {
  try {
    const text = localStorage.getItem(key)
    return text === null ? initial : (JSON.parse(text) as T)
  } catch {
    return initial
  }
}

export function write(key: string, value: unknown): void {
  try {
    if (value === null || value === '') localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Full or switched off: then it lasts as long as the page.
  }
}
