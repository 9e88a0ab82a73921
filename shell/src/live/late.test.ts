/** Answers and events that cross each other on their way. */
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { expect, test } from 'vitest'

import type { Conversation } from '../api/types.ts'
import { aConversation, aMessage, anAnnouncement, instant } from '../test/samples.ts'
import { soon } from '../test/soon.ts'

import { Cache } from './cache.ts'
import { conversationPage, type ConversationPages } from './conversations.ts'
import { Journal } from './journal.ts'
import { keys } from './keys.ts'
import { type MessagePages, messagesOf } from './messages.ts'
import { rowsOf } from './pages.ts'

const at = (sequence: number) => ({ epoch: 'e', sequence })

function cacheAt(sequence: number) {
  const client = new QueryClient()
  const cache = new Cache(client, new Journal())
  cache.watch()
  cache.ready(at(sequence))
  const listed = () => rowsOf<Conversation>(client.getQueryData<ConversationPages>(keys.conversations({}))!)
  const thread = (id: string) => messagesOf(client.getQueryData<MessagePages>(keys.messages(id))!)
  return { client, cache, listed, thread }
}

test('what is heard while an answer is on its way is in it, from the first word on', async () => {
  const { client, cache, listed, thread } = cacheAt(4)
  const row = aConversation()
  const message = aMessage({ conversationId: row.id })
  const position = { activity: 'e:4' }
  let answer: () => void = () => undefined
  const answered = new Promise<void>((resolve) => (answer = resolve))
  const asked = Promise.all([
    client.infiniteQuery({
      queryKey: keys.conversations({}),
      queryFn: async () => {
        await answered
        return conversationPage({ data: [row], page: { limit: 25, nextCursor: null }, position })
      },
      initialPageParam: null,
      getNextPageParam: () => null,
    }),
    client.infiniteQuery({
      queryKey: keys.messages(row.id),
      queryFn: async () => {
        await answered
        return { data: [], page: { limit: 50, hasMore: false }, position }
      },
      initialPageParam: null,
      getNextPageParam: () => null,
    }),
  ])
  cache.announce(at(5), anAnnouncement({ conversationId: row.id, conversation: { ...row, priority: 'high', updatedAt: instant(2) }, message }))
  answer()
  await asked
  expect(listed()[0]?.priority).toBe('high')
  expect(thread(row.id)).toEqual([message])
})

test('what is heard late takes nothing back that an answer had', async () => {
  const { client, cache, listed } = cacheAt(0)
  // Of one version: only the place says which is newer.
  const before = aConversation({ unreadCount: 1 })
  const now = { ...before, unreadCount: 0 }
  client.setQueryData(keys.conversation(before.id), now)
  await client.infiniteQuery({
    queryKey: keys.conversations({}),
    queryFn: () => conversationPage({ data: [now], page: { limit: 25, nextCursor: null }, position: { activity: 'e:5' } }),
    initialPageParam: null,
    getNextPageParam: () => null,
  })
  cache.announce(at(3), anAnnouncement({ conversationId: before.id, conversation: before }))
  expect(client.getQueryData(keys.conversation(before.id))).toEqual(now)
  expect(listed()).toEqual([now])
})

test('an older look at a message that comes late changes nothing', () => {
  const { client, cache, thread } = cacheAt(0)
  const sent = aMessage({ messageType: 'outgoing', state: 'sent', updatedAt: instant(5) })
  client.setQueryData<MessagePages>(keys.messages(sent.conversationId), {
    pages: [{ data: [sent], page: { limit: 50, hasMore: false }, position: { activity: 'e:0' } }],
    pageParams: [null],
  })
  cache.accept({ ...sent, state: 'queued', updatedAt: instant(3) })
  expect(thread(sent.conversationId)).toEqual([sent])
})

test('an open conversation shows what is heard of it, and nothing of another', () => {
  const { client, cache } = cacheAt(0)
  const row = aConversation()
  client.setQueryData(keys.conversation(row.id), row)
  const resolved = { ...row, status: 'resolved', updatedAt: instant(2) }
  cache.announce(at(1), anAnnouncement({ conversationId: row.id, conversation: resolved }))
  cache.announce(at(2), anAnnouncement({ conversation: aConversation({ updatedAt: instant(3) }) }))
  expect(client.getQueryData(keys.conversation(row.id))).toEqual(resolved)
})

test('an open conversation shows what was heard while its first answer was on its way', async () => {
  const { client, cache } = cacheAt(0)
  const open = aConversation()
  const resolved = { ...open, status: 'resolved', updatedAt: instant(2) }
  let now = open
  const waiting: (() => void)[] = []
  const ask = () => {
    const row = now
    return new Promise<Conversation>((give) => waiting.push(() => give(row)))
  }
  const stop = new QueryObserver(client, { queryKey: keys.conversation(open.id), queryFn: ask, staleTime: Infinity }).subscribe(() => undefined)
  expect(waiting).toHaveLength(1)
  now = resolved
  cache.announce(at(1), anAnnouncement({ conversationId: open.id, conversation: resolved }))
  waiting[0]!()
  await soon(() => expect(waiting).toHaveLength(2))
  waiting[1]!()
  await soon(() => expect(client.getQueryData(keys.conversation(open.id))).toEqual(resolved))
  expect(waiting).toHaveLength(2)
  stop()
})

test('what was listed before the stream is open is known afterwards, and is older than what is heard of it', async () => {
  const client = new QueryClient()
  const cache = new Cache(client, new Journal())
  cache.watch()
  const row = aConversation()
  const filter = { status: 'open' } as const
  await client.infiniteQuery({
    queryKey: keys.conversations(filter),
    queryFn: () => conversationPage({ data: [row], page: { limit: 25, nextCursor: null }, position: { activity: 'e:7' } }),
    initialPageParam: null as string | null,
    getNextPageParam: () => null,
  })
  cache.ready(at(5))
  expect(cache.look(row.id)).toEqual(row)
  // Of the same version, it differs in what has none.
  cache.announce(at(8), anAnnouncement({ conversation: { ...row, unreadCount: 3 } }))
  expect(cache.look(row.id)?.unreadCount).toBe(3)
})
