import { useSyncExternalStore } from 'react'

import { clockAhead } from '#api/clock.ts'
import { createStore, type Store } from '#base/store.ts'

/** A clock with one timer for everything that shows the time, and none while nothing does. */
function ticking(milliseconds: number): Pick<Store<number>, 'get' | 'subscribe'> {
  const now = createStore(Date.now())
  let timer: ReturnType<typeof setInterval> | undefined
  let watchers = 0
  return {
    get: () => {
      // It stood still while nothing showed it, or the browser's was set back.
      if (timer === undefined && Math.abs(Date.now() - now.get()) >= milliseconds) now.set(Date.now())
      return now.get()
    },
    subscribe: (listener) => {
      const unsubscribe = now.subscribe(listener)
      watchers += 1
      timer ??= setInterval(() => now.set(Date.now()), milliseconds)
      return () => {
        unsubscribe()
        watchers -= 1
        if (watchers > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

const slow = ticking(20_000)
const fast = ticking(1_000)

/** Now, in milliseconds since 1970; updated every 20 seconds, or every second for countdowns. */
export function useNow(pace: 'slow' | 'fast' = 'slow'): number {
  const clock = pace === 'fast' ? fast : slow
  return useSyncExternalStore(clock.subscribe, clock.get)
}

/** Now by the clock of the API, to compare with times that come from it. */
export function useNowThere(pace?: 'slow' | 'fast'): number {
  return useNow(pace) + clockAhead()
}
