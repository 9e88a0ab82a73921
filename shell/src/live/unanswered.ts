/**
 * What was asked for, and whose answer was lost: nobody knows whether it was carried out. Whoever asks for the same again,
 * wherever they do, does so under the key that it had, and has it once. Asked for long after, it is another wish.
 */
import { Failure } from '../api/failure.ts'

/** So long after it was asked for last it is the same wish. Milliseconds. */
const SAME = 10 * 60_000

export class Unanswered {
  /** By what is asked for, and when it was last. */
  readonly #keys = new Map<string, { key: string; at: number }>()

  /** Asks for it, under its key. */
  async ask<T>(what: readonly string[], asks: (key: string) => Promise<T>): Promise<T> {
    const name = JSON.stringify(what)
    const now = Date.now()
    const known = this.#keys.get(name)
    const key = known && now - known.at < SAME ? known.key : crypto.randomUUID()
    this.#keys.set(name, { key, at: now })
    try {
      const answer = await asks(key)
      this.#keys.delete(name)
      return answer
    } catch (error) {
      const failure = Failure.from(error)
      // What was refused was not carried out.
      if (!failure.passing && failure.code !== 'under-way') this.#keys.delete(name)
      throw failure
    }
  }
}
