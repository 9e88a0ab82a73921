import { vi } from 'vitest'

/** Waits until a check holds, for as long as a busy machine may need. */
export function soon<T>(check: () => T): Promise<T> {
  return vi.waitFor(check, { timeout: 20_000 })
}
