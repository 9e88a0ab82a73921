/** Trying again what was refused, or did not load. */
import { Failure } from '../api/failure.ts'
import { withRolesOfNow } from '../auth/session.ts'

/** Gets the person's current permissions if a lack of them was a reason: roles may have changed since. */
export async function afterRefusal(...refused: readonly unknown[]): Promise<void> {
  if (refused.some(isForbidden)) await rolesOfNow()
}

export function isForbidden(refused: unknown): boolean {
  return Failure.from(refused).status === 403
}

export async function rolesOfNow(): Promise<void> {
  // If there is no new token, the answer to the next request says so.
  await withRolesOfNow().catch(() => undefined)
}

/** Loads again what did not load. */
export async function again(query: { error: unknown; refetch: () => Promise<unknown> }): Promise<void> {
  await afterRefusal(query.error)
  await query.refetch()
}
