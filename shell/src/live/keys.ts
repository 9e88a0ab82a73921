import type { Query } from '@tanstack/react-query'

import type { ActivityFilter, ApprovalFilter, ConversationFilter } from '../api/types.ts'

/** Where the cache keeps what. */
export const keys = {
  conversations: (filter: ConversationFilter) => ['conversations', filter] as const,
  conversation: (id: string) => ['conversation', id] as const,
  messages: (conversationId: string) => ['messages', conversationId] as const,
  activity: (filter: ActivityFilter) => ['activity', filter] as const,
  approvals: (filter: ApprovalFilter) => ['approvals', filter] as const,
  approvalPages: (filter: ApprovalFilter) => ['approvals', 'pages', filter] as const,
  approval: (id: string) => ['approval', id] as const,
  contact: (id: string) => ['contact', id] as const,
  catalogue: (what: string) => ['catalogue', what] as const,
  health: () => ['health'] as const,
  chatwoot: () => ['chatwoot'] as const,
  links: () => ['links'] as const,
}

type Key = ReturnType<(typeof keys)[keyof typeof keys]>

/** The key of a query, which tells by its first part what its others are. Those that are made elsewhere begin otherwise. */
export function keyOf({ queryKey }: Pick<Query, 'queryKey'>): Key {
  return queryKey as unknown as Key
}

/** What events keep up to date, and a `reset` has read again. */
export const LIVE = new Set<unknown>(['conversations', 'conversation', 'messages', 'activity', 'approvals', 'approval'])
