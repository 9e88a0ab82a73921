/** Names from the API in words. */
export const PRIORITIES = ['urgent', 'high', 'medium', 'low'] as const
export const STATUSES = ['open', 'pending', 'snoozed', 'resolved'] as const

/** Names of parts of the system; other parts are called by their own name. */
const PARTS: Record<string, string> = {
  nats: 'Live updates',
  postgres: 'Database',
  'outbox relay': 'Outbox',
  sources: 'Accounts',
  accounts: 'Account tokens',
  openid: 'Sign-in',
}

export function partName(part: string): string {
  return PARTS[part] ?? titled(part)
}

export function titled(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
