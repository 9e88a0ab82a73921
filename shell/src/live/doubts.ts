/**
 * Queries that may lack something, until they are read again.
 *
 * TanStack Query takes whatever is set for a whole answer, and does not try again by itself what has
 * failed. Here every event sets something, and what events keep up to date is never read for its age.
 */
import type { Query, QueryCacheNotifyEvent } from '@tanstack/react-query'

import { Failure } from '../api/failure.ts'

import { wait } from './backoff.ts'

type Action = Extract<QueryCacheNotifyEvent, { type: 'updated' }>['action']

export class Doubts {
  readonly #read: (query: Query) => void
  /** How often in a row a query in doubt could not be read. */
  readonly #failures = new WeakMap<Query, number>()

  constructor(read: (query: Query) => void) {
    this.#read = read
  }

  /** To be told whatever happens to a query. */
  note(query: Query, action: Action): void {
    const failures = this.#failures.get(query)
    if (action.type === 'invalidate') this.#failures.set(query, failures ?? 0)
    if (failures === undefined) return
    if (action.type === 'success' && !action.manual) {
      // A further page says nothing of the others, and took the place of what was being read.
      if (query.state.fetchMeta?.fetchMore) this.#read(query)
      else this.#failures.delete(query)
      return
    }
    if (action.type === 'error') this.#readLater(query, failures + 1, Failure.from(action.error))
    // What was set is no answer, and neither is what was there before a reading was cut short.
    query.invalidate()
  }

  /** What nobody looks at by then is read once somebody does. */
  #readLater(query: Query, failures: number, failure: Failure): void {
    this.#failures.set(query, failures)
    if (!failure.passing) return
    setTimeout(() => {
      if (this.#failures.get(query) === failures) this.#read(query)
    }, wait(failures, failure))
  }
}
