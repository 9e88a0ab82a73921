/** Runs work on the same thing in order: each piece starts when the one before it has ended, however that ended. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  async take<T>(of: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(of)
    const mine = before ? before.then(work, work) : work()
    this.#last.set(of, mine)
    try {
      return await mine
    } finally {
      if (this.#last.get(of) === mine) this.#last.delete(of)
    }
  }
}
