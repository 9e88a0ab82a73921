const LONGEST = 30_000

/**
 * Milliseconds to wait before the next try after so many failures in a row: doubling up to half a
 * minute, half of it by chance, so that those who failed together do not come back together.
 */
export function backoff(failures: number, base = 1_000, random: () => number = Math.random): number {
  const most = Math.min(LONGEST, base * 2 ** Math.min(failures - 1, 16))
  return Math.round(most * (0.5 + random() / 2))
}
