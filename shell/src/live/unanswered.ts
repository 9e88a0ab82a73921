/**
 * What was asked for, and whose answer was lost: nobody knows whether it was carried out. Whoever asks for it again,
 * wherever they do, does so under the key that it had, and has it once. In other words it is asked for under that key, too:
 * the API then says whether it knows the first ones. Asked for long after, it is another wish.
 */
import { Failure } from '../api/failure.ts'

/** How long after it was last asked for a request counts as the same one. Milliseconds. */
const SAME = 10 * 60_000
const BEFORE = 'you had already asked for this with a different text, and that request was received; ask again if you want both'

export class Unanswered {
  /** By what is asked for, and when it was last. */
  readonly #keys = new Map<string, { key: string; at: number }>()

  /** Asks for it, under its key. */
  async ask<T>(what: readonly string[], asks: (key: string) => Promise<T>): Promise<T> {
    const name = JSON.stringify(what)
    const now = Date.now()
    const known = this.#keys.get(name)
    const asked = { key: known && now - known.at < SAME ? known.key : crypto.randomUUID(), at: now }
    this.#keys.set(name, asked)
    // Unless it was asked for once more meanwhile.
    const over = () => this.#keys.get(name) === asked && this.#keys.delete(name)
    try {
      const answer = await asks(asked.key)
      over()
      return answer
    } catch (error) {
      const failure = Failure.from(error)
      // What was refused was not carried out.
      if (!failure.passing && failure.code !== 'under-way') over()
      if (failure.code === 'key-reused') throw new Failure(failure.status, { code: 'asked-before', detail: BEFORE })
      throw failure
    }
  }
}
