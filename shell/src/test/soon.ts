import { vi } from 'vitest'

/** Waits until a check holds: as long as a machine that does much else at once may need. */
export function soon<T>(check: () => T): Promise<T> {
  return vi.waitFor(check, { timeout: 20_000 })
}
