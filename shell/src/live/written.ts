/** What was written here, as the outbox has it. */
/** A conversation as somebody has it before them. */
export interface Seen {
  readonly tag: string
  /** Its newest messages. */
  readonly messages: readonly string[]
}

/** What becomes of a conversation once the message is sent. */
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

export interface Written {
  readonly clientId: string
  readonly conversationId: string
  readonly content: string
  readonly private: boolean
  readonly createdAt: string
  /** Waiting for the network or for its turn; on its way; or, until somebody acts, refused or overtaken. */
  readonly state: 'waiting' | 'sending' | 'refused' | 'overtaken'
  readonly reason: string | null
  /** What its writer had seen; null if it goes out whatever came since. */
  readonly seen: Seen | null
  /** What came since, and holds it up. */
  readonly arrived: readonly Arrived[]
  readonly next: Next | null
  readonly files: readonly File[]
  /** It had files, which went with the page that it was written on. */
  readonly filesLost?: true
  /** How much of the files is sent, from 0 to 1. */
  readonly progress: number
  /** A try ended without a word: the API may have it. */
  readonly unsure?: true
}
