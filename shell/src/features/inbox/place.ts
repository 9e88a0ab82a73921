/**
 * Where the person was in the list. On a narrow screen the list is removed while a conversation is open, and it is
 * built anew when the window becomes wide or narrow; it comes back at the same scroll position, with the same rows
 * selected, and with the focus on the row of the conversation that was open.
 */
export class Place {
  #view = ''
  #top = 0
  #selected: readonly string[] = []
  #opened: string | undefined

  /** The conversation that was opened last. */
  get opened(): string | undefined {
    return this.#opened
  }

  open(id: string): void {
    this.#opened = id
  }

  /** How far this view was scrolled when it was left, in pixels; 0 for any other view. */
  top(view: string): number {
    return view === this.#view ? this.#top : 0
  }

  /** The rows that were selected when this view was left; none for any other view. */
  selected(view: string): readonly string[] {
    return view === this.#view ? this.#selected : []
  }

  leave(view: string, top: number, selected: readonly string[]): void {
    this.#view = view
    this.#top = top
    this.#selected = selected
  }
}
