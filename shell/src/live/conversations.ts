/** Lists of conversations, kept as the API would return them. */
import { compareInstants, compareText } from '../api/instant.ts'
import type { Conversation, ConversationFilter, ConversationList, ConversationSort } from '../api/types.ts'

import type { Mine } from './mine.ts'
import { find, type Paged, placed, replaced, without } from './pages.ts'

/** A page, and the last row it had when it was loaded: that is where its cursor points, wherever the row goes. */
export interface ConversationPage extends ConversationList {
  end: Conversation | null
}

export type ConversationPages = Paged<ConversationPage>

export function conversationPage(list: ConversationList): ConversationPage {
  return { ...list, end: list.page.nextCursor == null ? null : (list.data.at(-1) ?? null) }
}

const RANK: Record<string, number> = { urgent: 4, high: 3, medium: 2, low: 1 }

function rank(conversation: Conversation): number {
  return RANK[conversation.priority ?? ''] ?? 0
}

type Order = (a: Conversation, b: Conversation) => number

const byId: Order = (a, b) => compareText(a.id, b.id)
const oldest: Order = (a, b) => compareInstants(a.lastActivityAt, b.lastActivityAt) || byId(a, b)
const newest: Order = (a, b) => oldest(b, a)

/** The API's sort orders. */
export const ORDERS: Record<ConversationSort, Order> = {
  newest,
  oldest,
  waiting: (a, b) => {
    if (!a.waitingSince || !b.waitingSince) {
      return Number(!a.waitingSince) - Number(!b.waitingSince) || byId(a, b)
    }
    return compareInstants(a.waitingSince, b.waitingSince) || byId(a, b)
  },
  priority: (a, b) => rank(b) - rank(a) || newest(a, b),
}

const NOBODY: Mine = () => false

/**
 * Whether the API would list a conversation, ignoring the search, which only the API can decide. `mine` says who `me`
 * is.
 */
export function matches(filter: ConversationFilter, conversation: Conversation, mine: Mine = NOBODY): boolean {
  const { status, priority, assigneeId, teamId, label, inboxId, contactId } = filter
  if (conversation.deleted) return false
  if (status && conversation.status !== status) return false
  if (priority && (conversation.priority ?? 'none') !== priority) return false
  if (assigneeId === 'none' && conversation.assignee) return false
  if (assigneeId === 'any' && !conversation.assignee) return false
  if (assigneeId && assigneeId !== 'none' && assigneeId !== 'any') {
    // The number is that of a person; bots have numbers of their own.
    const { id, type } = conversation.assignee ?? {}
    if (type === 'agent_bot' || id == null) return false
    if (assigneeId === 'me' ? !mine(conversation.accountId, id) : String(id) !== assigneeId) return false
  }
  if (teamId != null && conversation.team?.id !== teamId) return false
  if (label && !conversation.labels.includes(label)) return false
  if (contactId && conversation.contact?.id !== contactId) return false
  return inboxId == null || conversation.inboxId === inboxId
}

/** Whether a search that does not list a conversation might find it: only the API can say. */
export function mayBeFound(list: ConversationPages, filter: ConversationFilter, conversation: Conversation, mine?: Mine): boolean {
  if (!filter.search || !matches(filter, conversation, mine)) return false
  return !find<Conversation, ConversationPage>(list, conversation.id)
}

/**
 * Updates a list with the state of a conversation. Results of a search keep their places, as long as the rest of the
 * filter matches; only the API can say what joins them (`mayBeFound`).
 */
export function upsertConversation(
  list: ConversationPages,
  filter: ConversationFilter,
  conversation: Conversation,
  mine?: Mine,
): ConversationPages {
  if (!matches(filter, conversation, mine)) return without(list, conversation.id)
  if (filter.search) {
    const there = find<Conversation, ConversationPage>(list, conversation.id)
    return there && there !== conversation ? replaced(list, conversation) : list
  }
  return placed(list, conversation, ORDERS[filter.sort ?? 'newest'], list.pages.at(-1)?.end ?? null)
}
