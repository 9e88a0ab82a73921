/** Threads. The first page has the newest messages; within a page the oldest come first. */
import { compareInstants, compareText } from '../api/instant.ts'
import type { Message, MessageList } from '../api/types.ts'

import { find, type Paged, placed, replaced, without } from './pages.ts'

export type MessagePages = Paged<MessageList>

/** As a thread is read: oldest first. */
export function messageOrder(a: Message, b: Message): number {
  return compareInstants(a.createdAt, b.createdAt) || compareText(a.id, b.id)
}

/** The thread after a look at a message; an older look than the one it has changes nothing. */
export function upsertMessage(thread: MessagePages, message: Message): MessagePages {
  const there = find<Message, MessageList>(thread, message.id)
  if (there) {
    if (compareInstants(there.updatedAt, message.updatedAt) > 0) return thread
    if (messageOrder(there, message) === 0) return replaced(thread, message)
  }
  // Turned over it is a list that ends with the oldest, like all the others.
  const oldest = thread.pages.at(-1)
  const end = oldest?.page.hasMore ? (oldest.data[0] ?? null) : null
  return turned(placed(turned(thread), message, (a, b) => messageOrder(b, a), end))
}

function turned(thread: MessagePages): MessagePages {
  const pages = thread.pages.map((page) => ({ ...page, data: page.data.toReversed() }))
  return { ...thread, pages }
}

/** The thread without a message that was taken back before it left. */
export function withoutMessage(thread: MessagePages, id: string): MessagePages {
  return without<Message, MessageList>(thread, id)
}

/** All loaded messages, oldest first, each once. */
export function messagesOf(thread: { pages: MessageList[] }): Message[] {
  const rows = new Map<string, Message>()
  for (const page of thread.pages.toReversed()) {
    for (const message of page.data) rows.set(message.id, message)
  }
  return [...rows.values()]
}

const ON_THEIR_WAY = new Set<Message['state']>(['queued', 'sending', 'retrying', 'unknown'])

/** All loaded messages as they are read. What Chatwoot does not have yet will have its time from there, and comes last until then. */
export function threadOf(thread: { pages: MessageList[] }): Message[] {
  const messages = messagesOf(thread)
  const waits = (message: Message) => message.chatwootId == null && ON_THEIR_WAY.has(message.state)
  return [...messages.filter((message) => !waits(message)), ...messages.filter(waits)]
}
