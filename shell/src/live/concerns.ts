/** What an announcement says is gone or unsaid, and whether a query shows what it is about. */
import type { Query } from '@tanstack/react-query'

import type { Announcement, Approval, ApprovalList, Conversation } from '../api/types.ts'

import type { ConversationPages } from './conversations.ts'
import { type Paged, rowsOf } from './pages.ts'

/** What a conversation tells of its contact, by the names that Chatwoot has for it. */
const IN_ROWS = new Set<unknown>(['name', 'avatar', 'avatar_url', 'thumbnail'])

/** The message that an announcement says is gone. */
export function withdrawnBy({ type, data }: Announcement): string | null {
  return type === 'message_cancelled' && typeof data.messageId === 'string' ? data.messageId : null
}

/** A change was told, and what it changed could not be read or sent. News of other kinds have no such rows. */
export function isBare({ type, conversation, message }: Announcement): boolean {
  return !conversation && !message && /^(conversation|message|command)_/.test(type) && type !== 'conversation_deleted'
}

/** Whether a conversation and its messages show there, or might. */
export function shows({ queryKey: [what, id] }: Query, conversationId: string | null | undefined): boolean {
  return what === 'conversations' || ((what === 'conversation' || what === 'messages') && id === conversationId)
}

/** Whether a conversation shows one of these fields of its contact, or may: that none are named says nothing. */
export function showsInRows(fields: unknown): boolean {
  return !Array.isArray(fields) || fields.length === 0 || fields.some((field) => IN_ROWS.has(field))
}

/** Whether conversations of this contact show there. */
export function isWith({ queryKey: [what], state }: Query, contactId: string): boolean {
  if (what === 'conversation') return (state.data as Conversation).contact?.id === contactId
  return what === 'conversations' && rowsOf<Conversation>(state.data as ConversationPages).some(({ contact }) => contact?.id === contactId)
}

/** Whether a request that is about this conversation, and waits, shows there. */
export function waitsIn({ state }: Query, conversationId: string | null | undefined): boolean {
  const data = state.data as Approval | ApprovalList | Paged<ApprovalList>
  const rows = 'pages' in data ? rowsOf<Approval>(data) : 'data' in data ? data.data : [data]
  return rows.some((row) => row.status === 'submitted' && row.conversationId === conversationId)
}
