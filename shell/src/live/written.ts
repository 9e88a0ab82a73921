import type { Message } from '../api/types.ts'

/** A conversation as a person has seen it. */
export interface Seen {
  /** Null: what is written is sent whatever came since. */
  readonly tag: string | null
  /** Ids of its newest messages. */
  readonly messages: readonly string[]
}

/** What to do with the conversation once the message is sent. */
export interface Next {
  readonly status: 'resolved' | 'snoozed'
  readonly snoozedUntil?: string | null
}

/** A message that came while another one was being written. */
export interface Arrived {
  readonly id: string
  readonly name: string | null
  readonly incoming: boolean
  readonly content: string | null
}

/** More of a message helps nobody to choose. */
const EXCERPT = 200

export function arrivedOf({ id, sender, messageType, content }: Message): Arrived {
  return {
    id,
    name: sender?.name ?? null,
    incoming: messageType === 'incoming',
    content: content?.slice(0, EXCERPT) ?? null,
  }
}

export interface Written {
  readonly clientId: string
  readonly conversationId: string
  readonly content: string
  readonly private: boolean
  readonly createdAt: string
  /**
   * Waiting for the network or for its turn; being sent; or, until somebody acts, refused or overtaken by another
   * message.
   */
  readonly state: 'waiting' | 'sending' | 'refused' | 'overtaken'
  readonly reason: string | null
  /** It was refused because its writer may not send it. */
  readonly forbidden?: boolean
  /** What its writer had seen; null if that does not matter or is not known. */
  readonly seen: Seen | null
  /** The messages that came since, and hold it up. */
  readonly arrived: readonly Arrived[]
  readonly next: Next | null
  readonly files: readonly File[]
  /** It had files, which were lost with the page that it was written on. */
  readonly filesLost?: true
  /** The share of the files that has been sent, from 0 to 1. */
  readonly progress: number
  /** A try got no answer: the API may have it. */
  readonly unsure?: true
}

/** Whether it waits until somebody acts. */
export function isHeldUp({ state }: Written): boolean {
  return state === 'refused' || state === 'overtaken'
}
