import { useSyncExternalStore } from 'react'

interface Clock {
  now: () => number
  subscribe: (listener: () => void) => () => void
}

/** One timer for all that show the time, and none while nobody does. */
function ticking(milliseconds: number): Clock {
  let now = Date.now()
  let timer: ReturnType<typeof setInterval> | undefined
  const listeners = new Set<() => void>()
  return {
    now: () => {
      // While nobody showed the time, it stood still.
      if (timer === undefined && Date.now() - now >= milliseconds) now = Date.now()
      return now
    },
    subscribe: (listener) => {
      listeners.add(listener)
      timer ??= setInterval(() => {
        now = Date.now()
        for (const one of listeners) one()
      }, milliseconds)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

const slow = ticking(20_000)
const fast = ticking(1_000)

/** Now, in milliseconds since 1970; moves on every 20 seconds, or every second for what counts down. */
export function useNow(pace: 'slow' | 'fast' = 'slow'): number {
  const clock = pace === 'fast' ? fast : slow
  return useSyncExternalStore(clock.subscribe, clock.now)
}
