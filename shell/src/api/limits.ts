/** The longest texts that the API takes, in characters. */
export const LONGEST_MESSAGE = 150_000
/** The longest reason for a request, and the longest message with a decision. */
export const LONGEST_REASON = 2_000
