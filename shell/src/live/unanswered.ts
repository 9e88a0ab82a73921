/**
 * What was asked for, and whose answer was lost: nobody knows whether it was carried out. Whoever asks for the same again,
 * wherever they do, does so under the key that it had, and has it once.
 */
import { Failure } from '../api/failure.ts'

export class Unanswered {
  /** By what is asked for. */
  readonly #keys = new Map<string, string>()

  /** Asks for it, under its key. */
  async ask<T>(what: readonly string[], asks: (key: string) => Promise<T>): Promise<T> {
    const name = JSON.stringify(what)
    const key = this.#keys.get(name) ?? crypto.randomUUID()
    this.#keys.set(name, key)
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
