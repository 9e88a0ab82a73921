import { Failure } from '../api/failure.ts'

import { pause } from './backoff.ts'

/** How often to ask for what gets no answer before giving up. */
const TRIES = 3
/** How often to ask when a lost answer would lose a message's text: for as long as a restart of the API takes. */
export const TRIES_TO_KEEP = 7

/**
 * Asks again, a few times, what got no answer: it must be the same however often it is asked. What is kept waits for
 * the network if that goes meanwhile; what is asked without any fails at once.
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
