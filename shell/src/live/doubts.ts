/**
 * Queries that may lack something until they are loaded again.
 *
 * TanStack Query takes any data that is set for a complete answer, and does not retry later what has failed. But here
 * every event sets data, and data that events keep current is never loaded again for its age.
 */
import type { Query, QueryCacheNotifyEvent } from '@tanstack/react-query'

import { Failure } from '../api/failure.ts'

import { wait } from './backoff.ts'

type Action = Extract<QueryCacheNotifyEvent, { type: 'updated' }>['action']

export class Doubts {
  readonly #read: (query: Query) => void
  /** How often in a row a query in doubt failed to load. */
  readonly #failures = new WeakMap<Query, number>()

  constructor(read: (query: Query) => void) {
    this.#read = read
  }

  /** Call it for everything that happens to a query. */
  note(query: Query, action: Action): void {
    const failures = this.#failures.get(query)
    if (action.type === 'invalidate') this.#failures.set(query, failures ?? 0)
    if (failures === undefined) return
    if (action.type === 'success' && !action.manual) {
      // A further page says nothing about the others, and cancelled the load that was under way.
      if (query.state.fetchMeta?.fetchMore) this.#read(query)
      else this.#failures.delete(query)
      return
    }
    if (action.type === 'error') this.#readLater(query, failures + 1, Failure.from(action.error))
    // Data that was set is no answer, and neither is the data from before a cancelled load.
    query.invalidate()
  }

  /** Loads a query again later. If nobody looks at it then, it is loaded once somebody does. */
  #readLater(query: Query, failures: number, failure: Failure): void {
    this.#failures.set(query, failures)
    if (!failure.passing) return
    setTimeout(() => {
      if (this.#failures.get(query) === failures) this.#read(query)
    }, wait(failures, failure))
  }
}
