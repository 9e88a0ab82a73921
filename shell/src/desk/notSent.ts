/** The key of toasts about messages that were not sent in this conversation. */
export function notSent(conversationId: string): string {
  return `not-sent ${conversationId}`
}
