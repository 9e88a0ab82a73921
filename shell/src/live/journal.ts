/**
 * Recent events.
 *
 * An answer of the API names a stream position that it reflects at least. Events after that position which arrived
 * while the answer was under way are applied to it again, so that no order of answers and events loses anything. The
 * journal is limited; an answer from before its start has to be requested again.
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
  /** Events up to here are no longer in the journal. */
  #horizon = -1
  #announcements: Heard[] = []
  /** The newest state of each conversation, those least recently seen first. */
  readonly #looks = new Map<string, Look>()

  /** A position from which on everything will come, or up to which everything has come. */
  ready(position: Position): void {
    if (this.#epoch !== position.epoch) this.#begin(position)
    else this.#heard = Math.max(this.#heard, position.sequence)
  }

  /** States read before the first event stay: they are older than any other of their version. */
  #begin(position: Position): void {
    if (this.#epoch !== null) {
      this.reset(position)
      return
    }
    this.#epoch = position.epoch
    this.#heard = position.sequence
    this.#horizon = position.sequence
  }

  /** Forgets everything, because there is a gap before this position. */
  reset(position: Position): void {
    this.#epoch = position.epoch
    this.#heard = position.sequence
    this.#horizon = position.sequence
    this.#announcements = []
    this.#looks.clear()
  }

  /** Records an event. Returns false if it came before. */
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
   * The newer of this state of a conversation and the newest known one. What a list shows of a conversation can change
   * without a new version; then the later stream position decides.
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

  /** The newest known state of a conversation. */
  look(id: string): Conversation | undefined {
    return this.#looks.get(id)?.conversation
  }

  /** Events that an answer from this position may lack. Returns null if the position is too old to tell. */
  since(place: string | null | undefined): Heard[] | null {
    const position = readPosition(place)
    if (this.#epoch === null) return []
    if (position?.epoch !== this.#epoch || position.sequence < this.#horizon) return null
    const { sequence } = position
    return this.#announcements.filter((one) => one.sequence > sequence)
  }

  /** The position up to which everything has come; null before the first. */
  get place(): string | null {
    return this.#epoch === null ? null : `${this.#epoch}:${this.#heard}`
  }

  /** The sequence of an answer's position. An answer without a known one counts as read just now. */
  sequenceOf(place: string | null | undefined): number {
    const position = readPosition(place)
    if (position?.epoch !== this.#epoch) return this.#heard
    return position.sequence
  }
}

/** The position that all of these answers reflect at least; null if there is none. */
export function earliest(places: (string | null | undefined)[]): string | null {
  const positions = places.map(readPosition)
  const first = positions[0]
  if (!first || positions.some((one) => one?.epoch !== first.epoch)) return null
  return `${first.epoch}:${Math.min(...positions.map((one) => one?.sequence ?? 0))}`
}
