/** Loads queries again, and not more often than it helps. */
import type { Query, QueryClient } from '@tanstack/react-query'

import { backoff } from './backoff.ts'

/**
 * The shortest interval at which a query is loaded again for something that the stream does not carry. Milliseconds.
 */
const ASKS_EVERY = 5_000
/** The first pause after answers that cannot be joined with events. It grows. Milliseconds. */
const APART = 2_000

export class Asking {
  readonly #client: QueryClient
  /** Queries that were recently loaded again, and whether they have to be once more. */
  readonly #asked = new WeakMap<Query, { again: boolean }>()
  /** Queries whose last answers could not be joined with events: how many in a row, and the next load. */
  readonly #apart = new WeakMap<Query, { times: number; next?: ReturnType<typeof setTimeout> }>()

  constructor(client: QueryClient) {
    this.#client = client
  }

  now(query: Query): Promise<void> {
    return this.#client.invalidateQueries({ queryKey: query.queryKey, exact: true })
  }

  /** Loads a query again at once, and once more later if another event comes: what shows is never older than that. */
  often(query: Query): void {
    const lately = this.#asked.get(query)
    if (lately) {
      lately.again = true
      // Whoever comes to look before then has it loaded.
      if (!query.isActive()) void this.#client.invalidateQueries({ queryKey: query.queryKey, exact: true, refetchType: 'none' })
      return
    }
    // A load that is under way may lack this event, so another one follows it.
    const now = { again: query.state.fetchStatus !== 'idle' }
    this.#asked.set(query, now)
    if (!now.again) void this.now(query)
    setTimeout(() => {
      this.#asked.delete(query)
      if (now.again) this.often(query)
    }, ASKS_EVERY)
  }

  /**
   * An answer could not be joined with events. The next one may be of a later position, so it is loaded at once; but
   * after that later and later, because the stream or the API may be behind the other for long.
   */
  apart(query: Query): void {
    const before = this.#apart.get(query)
    clearTimeout(before?.next)
    const times = (before?.times ?? 0) + 1
    const again = () => void this.now(query)
    if (times > 1) this.#apart.set(query, { times, next: setTimeout(again, backoff(times - 1, APART)) })
    else {
      this.#apart.set(query, { times })
      again()
    }
  }

  /** An answer was joined with events. */
  joined(query: Query): void {
    clearTimeout(this.#apart.get(query)?.next)
    this.#apart.delete(query)
  }
}
