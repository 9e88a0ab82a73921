/** The name under which the reason for a proposed reply is kept, for `useUnsent`. */
export const proposalIn = (conversationId: string) => `propose ${conversationId}`
