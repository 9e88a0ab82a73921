import { onTestFinished } from 'vitest'

import type { Permission } from '../api/types.ts'
import { session } from '../auth/session.ts'

/** Limits this person's permissions until the test is over. */
export function mayOnly(...permissions: Permission[]): void {
  const { person } = session()
  onTestFinished(() => void Object.assign(session(), { person }))
  Object.assign(session(), { person: { ...person, may: (one: Permission) => permissions.includes(one) } })
}
