/** What somebody wants once more that was refused, or did not come. */
import { Failure } from '../api/failure.ts'
import { withRolesOfNow } from '../auth/session.ts'

/** Goes by what this person may by now, if what they may was why: roles may have been given since. */
export async function afterRefusal(refused: unknown): Promise<void> {
  // Without another token the answer to this one says it.
  if (Failure.from(refused).status === 403) await withRolesOfNow().catch(() => undefined)
}

/** Reads again what did not load. */
export async function again(query: { error: unknown; refetch: () => Promise<unknown> }): Promise<void> {
  await afterRefusal(query.error)
  await query.refetch()
}
