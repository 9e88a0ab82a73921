/**
 * The longest that we wait because a server says so: it may be wrong, or the cause may be gone earlier. Milliseconds.
 */
const LONGEST = 60_000

/**
 * Reads `Retry-After`, a number of seconds or a date, as milliseconds from now. Returns 0 if there is nothing to read.
 */
export function retryAfterOf(header: string | null, now = Date.now()): number {
  if (header === null || header.trim() === '') return 0
  const seconds = Number(header)
  const wait = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1_000
  return Number.isNaN(wait) ? 0 : Math.min(LONGEST, Math.max(0, wait))
}
