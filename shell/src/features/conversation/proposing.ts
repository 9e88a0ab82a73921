/** What the reason is about for which a reply needs approval, by its conversation. */
export const proposalIn = (conversationId: string) => `propose ${conversationId}`
