import { Failure } from '../api/failure.ts'

/** A way of signing in. */
export interface Provider {
  /** A token that is valid now; throws a `Failure` if there is none. */
  token: () => Promise<string>
  /** When that token ends, in milliseconds since 1970; null: never. */
  readonly endsAt: number | null
  /** The API refused this token: whether there is another one now. */
  renewed: (refused: string) => Promise<boolean>
  /** Takes another token where one can be had without its person, who may have been given other roles. */
  anew: () => Promise<void>
  /** Whether a stream is opened by a ticket. */
  readonly tickets: boolean
  /** Ends it, here and at the provider; null where nobody signed in. */
  readonly signOut: (() => void) | null
}

/** Where people are after they signed out. */
export const SIGNED_OUT = `${import.meta.env.BASE_URL}signed-out`

/** Nobody is signed in. What was written waits for them: this is no refusal. */
export function signedOut(): Failure {
  return new Failure(0, { code: 'signed-out', detail: 'you are signed out' })
}
