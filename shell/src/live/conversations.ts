/** Lists of conversations, kept as the API would answer them. */
import { compareInstants, compareText } from '../api/instant.ts'
import type { Conversation, ConversationFilter, ConversationList, ConversationSort } from '../api/types.ts'

import type { Mine } from './mine.ts'
import { find, type Paged, placed, replaced, without } from './pages.ts'

/** A page, and the row it ended with when it was loaded: where its cursor points, wherever the row went. */
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

/** What comes first, as the API sorts. */
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

/** Whether the API would list it, as far as that can be told here: not what a search finds. `mine` tells who `me` is. */
export function matches(filter: ConversationFilter, conversation: Conversation, mine: Mine = NOBODY): boolean {
  const { status, priority, assigneeId, teamId, label, inboxId, contactId } = filter
  if (conversation.deleted) return false
  if (status && conversation.status !== status) return false
  if (priority && (conversation.priority ?? 'none') !== priority) return false
  if (assigneeId === 'none' && conversation.assignee) return false
  if (assigneeId === 'any' && !conversation.assignee) return false
  if (assigneeId && assigneeId !== 'none' && assigneeId !== 'any') {
    // A number is that of a person; bots have numbers of their own.
    const { id, type } = conversation.assignee ?? {}
    if (type === 'agent_bot' || id == null) return false
    if (assigneeId === 'me' ? !mine(conversation.accountId, id) : String(id) !== assigneeId) return false
  }
  if (teamId != null && conversation.team?.id !== teamId) return false
  if (label && !conversation.labels.includes(label)) return false
  if (contactId && conversation.contact?.id !== contactId) return false
  return inboxId == null || conversation.inboxId === inboxId
}

/** Whether a search that does not list it might: only the API can say. */
export function mayBeFound(list: ConversationPages, filter: ConversationFilter, conversation: Conversation, mine?: Mine): boolean {
  if (!filter.search || !matches(filter, conversation, mine)) return false
  return !find<Conversation, ConversationPage>(list, conversation.id)
}

/**
 * The list after a look at a conversation. Results of a search stay where they were found, up to date,
 * as long as the rest of the filter lets them; what joins them, the API says (`mayBeFound`).
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
