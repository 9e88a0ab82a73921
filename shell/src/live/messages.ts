/** Threads. The first page has the newest messages; within a page, the oldest come first. */
import { compareInstants, compareText } from '../api/instant.ts'
import type { Message, MessageList } from '../api/types.ts'

import { find, type Paged, placed, replaced, without } from './pages.ts'

export type MessagePages = Paged<MessageList>

/** The order of a thread: oldest first. */
export function messageOrder(a: Message, b: Message): number {
  return compareInstants(a.createdAt, b.createdAt) || compareText(a.id, b.id)
}

/**
 * Adds a message to a thread, or updates it. A version older than the known one changes nothing. Nor does a row that
 * another one has been found to be: of two with one number in Chatwoot, the one that changed last is the message.
 */
export function upsertMessage(thread: MessagePages, message: Message): MessagePages {
  const twin = twinOf(thread, message)
  if (twin && compareInstants(twin.updatedAt, message.updatedAt) > 0) return thread
  if (twin) return upsertMessage(withoutMessage(thread, twin.id), message)
  const there = find<Message, MessageList>(thread, message.id)
  if (there) {
    if (compareInstants(there.updatedAt, message.updatedAt) > 0) return thread
    if (messageOrder(there, message) === 0) return replaced(thread, message)
  }
  // Reversed, a thread is a list that ends with the oldest, like all other lists.
  const oldest = thread.pages.at(-1)
  const end = oldest?.page.hasMore ? (oldest.data[0] ?? null) : null
  return turned(placed(turned(thread), message, (a, b) => messageOrder(b, a), end))
}

/** Another row of the same message. */
function twinOf(thread: MessagePages, { id, chatwootId }: Message): Message | undefined {
  if (chatwootId === null) return undefined
  return thread.pages.flatMap((page) => page.data).find((one) => one.chatwootId === chatwootId && one.id !== id)
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

/** How the API begins the reason of a message that is held up. */
const HELD_UP = 'what comes before it waits: '

/**
 * Why the reply or change before a message waits, if that is all that the message waits for; null if it is not. The
 * message itself was not tried, and will not be before the other one is settled.
 */
export function heldUpBy({ state, stateReason }: Pick<Message, 'state' | 'stateReason'>): string | null {
  return state === 'retrying' && stateReason?.startsWith(HELD_UP) ? stateReason.slice(HELD_UP.length) : null
}

const ON_THEIR_WAY = new Set<Message['state']>(['queued', 'sending', 'retrying', 'unknown'])

/**
 * All loaded messages in reading order. Messages that Chatwoot does not have yet come last, because their final time is
 * not known.
 */
export function threadOf(thread: { pages: MessageList[] }): Message[] {
  const messages = messagesOf(thread)
  const waits = (message: Message) => message.chatwootId == null && ON_THEIR_WAY.has(message.state)
  return [...messages.filter((message) => !waits(message)), ...messages.filter(waits)]
}
