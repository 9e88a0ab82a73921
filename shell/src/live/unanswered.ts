/**
 * Requests whose answer was lost, so that nobody knows whether they were carried out. Asking again, from anywhere, uses
 * the same idempotency key, so the request is carried out once. With a different text the key is the same too, and the
 * API then says whether it knows the first text. Long afterwards, it is a new request.
 */
import { Failure } from '../api/failure.ts'
import { randomUuid } from '../base/randomUuid.ts'

/** How long a repeated request counts as the same one. Milliseconds. */
const SAME = 10 * 60_000
const BEFORE = 'you had already asked for this with a different text, and that request was received; ask again if you want both'

export class Unanswered {
  /** Keys by what is requested, and when that was last done. */
  readonly #keys = new Map<string, { key: string; at: number }>()

  /** Makes a request with its key. */
  async ask<T>(what: readonly string[], asks: (key: string) => Promise<T>): Promise<T> {
    const name = JSON.stringify(what)
    const now = Date.now()
    const known = this.#keys.get(name)
    const asked = { key: known && now - known.at < SAME ? known.key : randomUuid(), at: now }
    this.#keys.set(name, asked)
    // Unless it has been made again in the meantime.
    const over = () => this.#keys.get(name) === asked && this.#keys.delete(name)
    try {
      const answer = await asks(asked.key)
      over()
      return answer
    } catch (error) {
      const failure = Failure.from(error)
      // A refused request was not carried out.
      if (!failure.passing && failure.code !== 'under-way') over()
      if (failure.code === 'key-reused') throw new Failure(failure.status, { code: 'asked-before', detail: BEFORE })
      throw failure
    }
  }
}
