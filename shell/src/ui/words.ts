/** Names from the API in words. */
import type { ChatwootState } from '../api/types.ts'

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

const ANSWERS: Record<Exclude<ChatwootState['state'], 'well'>, string> = {
  slowly: 'answers slowly',
  paused: 'asks us to slow down',
  silent: 'does not answer',
}

/** What is wrong with Chatwoot for an account; null if nothing is. */
export function chatwootTrouble({ state }: ChatwootState): string | null {
  return state === 'well' ? null : ANSWERS[state]
}

/** What Chatwoot is called for one of these accounts. */
export function chatwootName({ name, chatwootAccountId }: ChatwootState, accounts: readonly ChatwootState[]): string {
  return accounts.length > 1 ? `Chatwoot (${name ?? `account ${chatwootAccountId}`})` : 'Chatwoot'
}

export function titled(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
