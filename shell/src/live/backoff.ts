const LONGEST = 30_000

/**
 * Milliseconds to wait before the next try after so many failures in a row: doubling up to half a
 * minute, half of it by chance, so that those who failed together do not come back together.
 */
export function backoff(failures: number, base = 1_000, random: () => number = Math.random): number {
  const most = Math.min(LONGEST, base * 2 ** Math.min(failures - 1, 16))
  return Math.round(most * (0.5 + random() / 2))
}

/** Waits until it is time for the next try; without a network, until there is one. */
export async function pause(failures: number, base?: number): Promise<void> {
  await new Promise<unknown>((go) => {
    if (navigator.onLine) setTimeout(go, backoff(failures, base))
    else window.addEventListener('online', go, { once: true })
  })
}
