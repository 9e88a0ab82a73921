import type { ActivityFilter } from '#api/types.ts'
import { compact } from '#base/compact.ts'

/** What the timeline shows, as stored in the address. */
export type TimelineView = Partial<
  Record<keyof Pick<ActivityFilter, 'type' | 'source' | 'actor' | 'accountId' | 'conversationId'>, string>
>

export function readTimelineView(search: Record<string, unknown>): TimelineView {
  const text = (name: keyof TimelineView) => {
    const value = search[name]
    return typeof value === 'string' && value !== '' ? value.slice(0, 1_000) : undefined
  }
  return compact<TimelineView>({
    type: text('type'),
    source: text('source'),
    actor: text('actor'),
    // Whose actor this is; alone, nothing on the screen would show it.
    accountId: text('actor') && text('accountId'),
    conversationId: text('conversationId'),
  })
}

/** Types that belong together for people. */
export const KINDS: readonly { name: string; types: readonly string[] }[] = [
  { name: 'Messages', types: ['message_created', 'message_updated', 'message_deleted'] },
  { name: 'Written here', types: ['message_queued', 'message_cancelled', 'message_retried', 'message_retry_cancelled', 'message_delete_queued'] },
  {
    name: 'Deliveries',
    types: ['message_state_changed', 'message_delivered', 'message_read', 'message_failed', 'command_settled', 'command_failed'],
  },
  { name: 'New conversations', types: ['conversation_created'] },
  { name: 'Status changes', types: ['conversation_status_changed'] },
  {
    name: 'Other changes',
    types: ['conversation_updated', 'conversation_change_queued', 'conversation_read', 'conversation_unread', 'conversation_deleted'],
  },
  { name: 'Approvals', types: ['approval_submitted', 'approval_approved', 'approval_rejected', 'approval_withdrawn'] },
  { name: 'Contacts', types: ['contact_created', 'contact_updated', 'contact_deleted', 'widget_opened'] },
]

/** The kinds that an address names, and those of its types that belong to none of them. */
export function kindsOf(type: string | undefined): { kinds: string[]; others: string[] } {
  const named = new Set((type ?? '').split(',').filter(Boolean))
  const whole = KINDS.filter(({ types }) => types.every((one) => named.has(one)))
  const known = new Set(whole.flatMap(({ types }) => types))
  return { kinds: whole.map(({ name }) => name), others: [...named].filter((one) => !known.has(one)) }
}

/** The types of these kinds, as an address names them. */
export function typesOf(kinds: readonly string[], others: readonly string[]): string | undefined {
  const types = KINDS.filter(({ name }) => kinds.includes(name)).flatMap((kind) => kind.types)
  return [...types, ...others].join(',') || undefined
}

/** Groups of actors, listed before single ones. */
export const ACTORS = [
  { value: 'contact', label: 'Customers' },
  { value: 'member', label: 'People here' },
  { value: 'user', label: 'People in Chatwoot' },
  { value: 'agent_bot', label: 'Bots' },
  { value: 'api_key', label: 'API keys' },
  { value: 'system', label: 'The system' },
]
