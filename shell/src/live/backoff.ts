import type { Failure } from '../api/failure.ts'

const LONGEST = 30_000

/**
 * Milliseconds to wait before the next try after this many failures in a row: doubling up to half a minute, with half
 * of it random, so that clients which failed together do not come back together.
 */
export function backoff(failures: number, base = 1_000, random: () => number = Math.random): number {
  const most = Math.min(LONGEST, base * 2 ** Math.min(failures - 1, 16))
  return Math.round(most * (0.5 + random() / 2))
}

/** How long to wait after this failure: at least as long as the server asked for. */
export function wait(failures: number, { retryAfter }: Pick<Failure, 'retryAfter'>, base?: number): number {
  return Math.max(backoff(failures, base), retryAfter)
}

/** Waits until it is time for the next try, or, without a network, until there is one. */
export async function pause(failures: number, failure: Failure, base?: number): Promise<void> {
  await new Promise<unknown>((go) => {
    if (navigator.onLine) setTimeout(go, wait(failures, failure, base))
    else window.addEventListener('online', go, { once: true })
  })
}
