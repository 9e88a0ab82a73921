/** The API's clock. What the API says is due is due by that, and a browser's clock may be wrong. */

/** Clocks that differ by less count as equal: answers take time, and the header has whole seconds. Milliseconds. */
const NEAR = 2_000

let ahead = 0

/**
 * Compares the clocks, with an answer that comes from no cache. An answer from another origin shows its time only if the
 * API exposes it; without it nothing changes.
 */
export function compareClocks(answer: Response): Response {
  const told = Date.parse(answer.headers.get('date') ?? '') + 500
  const difference = told - Date.now()
  if (Math.abs(difference - ahead) > NEAR) ahead = difference
  return answer
}

/** How far the API's clock is ahead of the browser's, as far as its answers say. Milliseconds. */
export function clockAhead(): number {
  return ahead
}
