/** How long an answer may take to arrive in full; the API itself gives up before that. Milliseconds. */
const LONGEST = 45_000

/** Comes when something that was asked takes too long, or when this one does. */
export function deadline(signal?: AbortSignal, longest = LONGEST): AbortSignal {
  const late = AbortSignal.timeout(longest)
  return signal ? AbortSignal.any([signal, late]) : late
}
