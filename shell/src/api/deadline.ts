/** How long an answer may take to arrive in full; the API itself gives up earlier. Milliseconds. */
const LONGEST = 45_000

/** A signal that aborts after `longest`, or when the given signal does. */
export function deadline(signal?: AbortSignal, longest = LONGEST): AbortSignal {
  const late = AbortSignal.timeout(longest)
  return signal ? AbortSignal.any([signal, late]) : late
}
