/**
 * Assigns rows to elements of the page. An element that scrolls out of sight is reused for a row that comes in, because
 * changing an element costs far less than creating one. A visible row keeps its element.
 */
export class Slots {
  readonly #slots = new Map<string, number>()
  readonly #free: number[] = []
  #count = 0
  #order: readonly number[] = []

  /** The slots of these rows, in the rows' order. */
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
   * The order of these slots' elements on the page. At rest it is that of the rows, for keyboards and screen readers.
   * While scrolling it stays as it is, because moving an element costs as much as creating it.
   */
  inPlace(slots: readonly number[], scrolls: boolean): readonly number[] {
    if (!scrolls) return (this.#order = slots)
    const shown = new Set(slots)
    const stay = this.#order.filter((slot) => shown.delete(slot))
    return (this.#order = [...stay, ...shown])
  }
}
