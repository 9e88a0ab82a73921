/** Longer than that nobody waits because a server says so: it may be wrong, and somebody else may have mended it. Milliseconds. */
const LONGEST = 60_000

/** What `Retry-After` says, a number of seconds or a date, in milliseconds from now; 0 if it says nothing. */
export function retryAfterOf(header: string | null, now = Date.now()): number {
  if (header === null || header.trim() === '') return 0
  const seconds = Number(header)
  const wait = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1_000
  return Number.isNaN(wait) ? 0 : Math.min(LONGEST, Math.max(0, wait))
}
