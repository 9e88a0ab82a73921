/**
 * Where the person was in the list. On a narrow screen the list is removed while a conversation is open; it comes back
 * at the same scroll position, with the focus on the row of that conversation.
 */
export class Place {
  #view = ''
  #top = 0
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

  leave(view: string, top: number): void {
    this.#view = view
    this.#top = top
  }
}
