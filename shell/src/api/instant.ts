/**
 * Orders two instants as the API writes them (RFC 3339, UTC, up to nine decimals). Comparing the text is not enough,
 * since the number of decimals differs, and `Date` loses the microseconds.
 */
export function compareInstants(a: string, b: string): number {
  const seconds = compareText(a.slice(0, 19), b.slice(0, 19))
  return seconds !== 0 ? seconds : compareText(decimals(a), decimals(b))
}

function decimals(instant: string): string {
  return instant.slice(20, -1).padEnd(9, '0')
}

/** Orders two texts, such as ids, by their code units. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
