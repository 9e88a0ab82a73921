/**
 * Which element of the page shows which row. What scrolls out of sight is drawn anew as what comes in:
 * to change an element costs far less than to make one. A row keeps its element for as long as it is seen.
 */
export class Slots {
  readonly #slots = new Map<string, number>()
  readonly #free: number[] = []
  #count = 0
  #order: readonly number[] = []

  /** The slots of these rows, in their order. */
  of(ids: readonly string[]): readonly number[] {
    const shown = new Set(ids)
    for (const [id, slot] of this.#slots) {
      if (shown.has(id)) continue
      this.#slots.delete(id)
      this.#free.push(slot)
    }
    return ids.map((id) => {
      const slot = this.#slots.get(id) ?? this.#free.pop() ?? this.#count++
      this.#slots.set(id, slot)
      return slot
    })
  }

  /**
   * In which order the elements of these slots stand on the page: that of the rows, for whoever goes
   * through them by key or hears them; while they scroll, the order they have, since to move one costs as much as to make it.
   */
  inPlace(slots: readonly number[], scrolls: boolean): readonly number[] {
    if (!scrolls) return (this.#order = slots)
    const shown = new Set(slots)
    const stay = this.#order.filter((slot) => shown.delete(slot))
    return (this.#order = [...stay, ...shown])
  }
}
