/** Work that is done in the order in which it was wanted: each once what was wanted before of the same is over, however that ended. */
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
