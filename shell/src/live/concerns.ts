/** What an event says is gone or leaves out, and whether a query shows what it is about. */
import type { Query } from '@tanstack/react-query'

import type { Announcement, Approval, ApprovalList, Conversation } from '../api/types.ts'

import type { ConversationPages } from './conversations.ts'
import { type Paged, rowsOf } from './pages.ts'

/** The fields of a contact that a conversation's row contains, by Chatwoot's names. */
const IN_ROWS = new Set<unknown>(['name', 'avatar', 'avatar_url', 'thumbnail'])

/** The id of the message that an event says is gone. */
export function withdrawnBy({ type, data }: Announcement): string | null {
  return type === 'message_cancelled' && typeof data.messageId === 'string' ? data.messageId : null
}

/** Whether an event reports a change without a changed row that a query shows, or might: it could not be read or sent. */
export function lacksFor(query: Query, announcement: Announcement): boolean {
  const { conversationId, omitted } = announcement
  if (!shows(query, conversationId)) return false
  return omitted ? omitted.includes(query.queryKey[0] === 'messages' ? 'message' : 'conversation') : isBare(announcement)
}

/** Whether an event has none of the rows that events of its kind are about. */
function isBare({ type, conversation, message, approval }: Announcement): boolean {
  const hasRows = Boolean(conversation ?? message ?? approval)
  return !hasRows && /^(conversation|message|command|approval)_/.test(type) && type !== 'conversation_deleted'
}

/** Whether a query shows this conversation or its messages, or might. */
function shows({ queryKey: [what, id] }: Query, conversationId: string | null | undefined): boolean {
  return what === 'conversations' || ((what === 'conversation' || what === 'messages') && id === conversationId)
}

/** Whether a row of a conversation may show one of these fields of its contact. If none are named, it may. */
export function showsInRows(fields: unknown): boolean {
  return !Array.isArray(fields) || fields.length === 0 || fields.some((field) => IN_ROWS.has(field))
}

/** Whether a query shows conversations of this contact. */
export function isWith({ queryKey: [what], state }: Query, contactId: string): boolean {
  if (what === 'conversation') return (state.data as Conversation).contact?.id === contactId
  return what === 'conversations' && rowsOf<Conversation>(state.data as ConversationPages).some(({ contact }) => contact?.id === contactId)
}

/** Whether a query shows a waiting request about this conversation. */
export function waitsIn({ state }: Query, conversationId: string | null | undefined): boolean {
  const data = state.data as Approval | ApprovalList | Paged<ApprovalList>
  const rows = 'pages' in data ? rowsOf<Approval>(data) : 'data' in data ? data.data : [data]
  return rows.some((row) => row.status === 'submitted' && row.conversationId === conversationId)
}
