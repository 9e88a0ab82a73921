/**
 * Where somebody was in the list. On a narrow screen it goes while a conversation is open: whoever comes back finds it
 * as it was, and goes on from the row of that conversation.
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

  /** How far a view was scrolled when it was left; another one begins at its top. Pixels. */
  top(view: string): number {
    return view === this.#view ? this.#top : 0
  }

  leave(view: string, top: number): void {
    this.#view = view
    this.#top = top
  }
}
