import type { Query } from '@tanstack/react-query'

import type { ActivityFilter, ApprovalFilter, ConversationFilter } from '../api/types.ts'

/** The keys of the query cache. */
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

/** The key of a query; its first part tells which kind it is. Keys made elsewhere start differently. */
export function keyOf({ queryKey }: Pick<Query, 'queryKey'>): Key {
  return queryKey as unknown as Key
}

/** The kinds of queries that events keep current, and that a `reset` loads again. */
export const LIVE = new Set<unknown>(['conversations', 'conversation', 'messages', 'activity', 'approvals', 'approval'])
