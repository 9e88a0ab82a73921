import { useState } from 'react'

import { local } from '#base/storage.ts'

/** State that outlives the page, such as a width or what is open. */
export function useRemembered<T>(key: string, initial: T): [T, (next: T) => void] {
  const [value, setValue] = useState(() => read(key, initial))
  const remember = (next: T) => {
    setValue(next)
    write(key, next)
  }
  return [value, remember]
}

export function read<T>(key: string, initial: T): T {
  const value = local.readJson(key)
  return value === undefined ? initial : (value as T)
}

export function write(key: string, value: unknown): void {
  if (value === null || value === '') local.remove(key)
  else local.writeJson(key, value)
}
