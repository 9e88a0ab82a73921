/** Whether the session that this page began with is over. */
import { useSyncExternalStore } from 'react'

let over = false
const listeners = new Set<() => void>()

export function end(): void {
  over = true
  for (const listener of listeners) listener()
}

export function useEnded(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => over,
  )
}
