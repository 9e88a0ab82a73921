import { Failure } from '../api/failure.ts'

import { pause } from './backoff.ts'

/** How often to try before giving up. */
const TRIES = 3
/** How often to try if a lost answer would lose a message's text: long enough for a restart of the API. */
export const TRIES_TO_KEEP = 7

/**
 * Repeats a request that got no answer a few times; it must be safe to repeat. With `TRIES_TO_KEEP` it also waits for
 * the network if that is lost meanwhile. A request made without a network fails at once.
 */
export async function persistently<T>(ask: () => Promise<T>, most = TRIES): Promise<T> {
  const waits = most === TRIES_TO_KEEP && navigator.onLine
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      const failure = Failure.from(error)
      const passing = failure.passing || failure.code === 'under-way'
      if (!passing || tries >= most || !(waits || navigator.onLine)) throw failure
      await pause(tries, failure, 300)
    }
  }
}
