/** What somebody wants once more that was refused, or did not come. */
import { Failure } from '../api/failure.ts'
import { session } from '../auth/session.ts'

/** Has a token that says what this person may by now, if what they may was why: roles may have been given since. */
export async function withRolesOfNow(refused: unknown): Promise<void> {
  // Without another one the answer to this one says it.
  if (Failure.from(refused).status === 403) await session().anew().catch(() => undefined)
}

/** Reads again what did not load. */
export async function again(query: { error: unknown; refetch: () => Promise<unknown> }): Promise<void> {
  await withRolesOfNow(query.error)
  await query.refetch()
}
