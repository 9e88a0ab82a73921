/**
 * What was heard lately.
 *
 * An answer of the API names the place in the stream that it reflects at least. Whatever was heard
 * after that place while the answer was on its way is applied to it once more, so that no order of
 * answers and events loses anything. Only so much is kept; an answer from before that must be asked
 * for again.
 */
import { compareInstants } from '../api/instant.ts'
import type { Announcement, Conversation } from '../api/types.ts'

import { type Position, readPosition } from './position.ts'

const MOST_ANNOUNCEMENTS = 2_000
const MOST_CONVERSATIONS = 5_000

export interface Heard {
  readonly sequence: number
  readonly announcement: Announcement
}

interface Look {
  conversation: Conversation
  sequence: number
}

export class Journal {
  #epoch: string | null = null
  #heard = -1
  /** Nothing up to here can be told any more. */
  #horizon = -1
  #announcements: Heard[] = []
  /** The newest look at each conversation, those least lately seen first. */
  readonly #looks = new Map<string, Look>()

  /** A place from which on everything is heard, or up to which everything was. */
  ready(position: Position): void {
    if (this.#epoch !== position.epoch) this.#begin(position)
    else this.#heard = Math.max(this.#heard, position.sequence)
  }

  /** Looks from before anything was heard stay: they are older than any other of their version. */
  #begin(position: Position): void {
    if (this.#epoch !== null) {
      this.reset(position)
      return
    }
    this.#epoch = position.epoch
    this.#heard = position.sequence
    this.#horizon = position.sequence
  }

  /** Forgets everything: what comes next does not join on to it. */
  reset(position: Position): void {
    this.#epoch = position.epoch
    this.#heard = position.sequence
    this.#horizon = position.sequence
    this.#announcements = []
    this.#looks.clear()
  }

  /** Notes an announcement; false if it was heard before. */
  note(position: Position, announcement: Announcement): boolean {
    if (position.epoch !== this.#epoch) this.#begin({ ...position, sequence: position.sequence - 1 })
    if (position.sequence <= this.#heard) return false
    this.#heard = position.sequence
    this.#announcements.push({ sequence: position.sequence, announcement })
    if (this.#announcements.length > MOST_ANNOUNCEMENTS) {
      const gone = this.#announcements.splice(0, this.#announcements.length - MOST_ANNOUNCEMENTS)
      this.#horizon = gone.at(-1)?.sequence ?? this.#horizon
    }
    return true
  }

  /**
   * The newer one of this look at a conversation and of the newest so far. What a list shows of a
   * conversation can change without its own version; then the later place in the stream decides.
   */
  newest(conversation: Conversation, sequence: number): Conversation {
    const known = this.#looks.get(conversation.id)
    let look = { conversation, sequence }
    if (known) {
      const age =
        compareInstants(conversation.updatedAt, known.conversation.updatedAt) || sequence - known.sequence
      if (age < 0) look = known
      this.#looks.delete(conversation.id)
    }
    this.#looks.set(conversation.id, look)
    if (this.#looks.size > MOST_CONVERSATIONS) {
      const [first] = this.#looks.keys()
      if (first !== undefined) this.#looks.delete(first)
    }
    return look.conversation
  }

  /** The newest look at a conversation so far. */
  look(id: string): Conversation | undefined {
    return this.#looks.get(id)?.conversation
  }

  /** Announcements that an answer from this place may lack; null: too old to tell. */
  since(place: string | null | undefined): Heard[] | null {
    const position = readPosition(place)
    if (this.#epoch === null) return []
    if (position?.epoch !== this.#epoch || position.sequence < this.#horizon) return null
    const { sequence } = position
    return this.#announcements.filter((one) => one.sequence > sequence)
  }

  /** Where an answer is in the order of looks; one of unknown place counts as read just now. */
  sequenceOf(place: string | null | undefined): number {
    const position = readPosition(place)
    if (position?.epoch !== this.#epoch) return this.#heard
    return position.sequence
  }
}

/** The place that all of these answers reflect at least; null if there is none. */
export function earliest(places: (string | null | undefined)[]): string | null {
  const positions = places.map(readPosition)
  const first = positions[0]
  if (!first || positions.some((one) => one?.epoch !== first.epoch)) return null
  return `${first.epoch}:${Math.min(...positions.map((one) => one?.sequence ?? 0))}`
}
