import { Failure } from '../api/failure.ts'

/** A way of signing in. */
export interface Provider {
  /** A token that is valid now. Throws a `Failure` if there is none. */
  token: () => Promise<string>
  /** When that token expires, in milliseconds since 1970; null: never. */
  readonly endsAt: number | null
  /** The API refused this token. Returns whether there is a new one. */
  renewed: (refused: string) => Promise<boolean>
  /** Gets a new token if that is possible without the person, because their roles may have changed. */
  anew: () => Promise<void>
  /** Called when there is a new token: it may have other roles. */
  onNew: (() => void) | null
  /** Whether live streams are opened with tickets. */
  readonly tickets: boolean
  /** Ends the session, here and at the provider; null if nobody signed in. */
  readonly signOut: (() => void) | null
}

/** The address that people come back to after signing out. */
export const SIGNED_OUT = `${import.meta.env.BASE_URL}signed-out`

/** The code of the failure to sign in on a page without TLS. */
export const INSECURE = 'insecure-address'

/** The failure of requests while nobody is signed in. It counts as temporary, so what was written waits. */
export function signedOut(): Failure {
  return new Failure(0, { code: 'signed-out', detail: 'you are signed out' })
}
