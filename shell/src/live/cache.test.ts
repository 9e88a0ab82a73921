/** Lists and timelines, as events change them. */
import { InfiniteQueryObserver } from '@tanstack/react-query'
import { expect, test, vi } from 'vitest'

import type { Conversation } from '../api/types.ts'
import { at, cacheWith, threadWith } from '../test/caches.ts'
import { aConversation, aMessage, anAnnouncement, instant, uuid } from '../test/samples.ts'

import type { ActivityPages } from './activity.ts'
import { Cache } from './cache.ts'
import { conversationPage, type ConversationPages } from './conversations.ts'
import { Journal } from './journal.ts'
import { keys } from './keys.ts'
import { rowsOf } from './pages.ts'

test('a stale look that comes late brings nothing back', () => {
  const open = aConversation({ updatedAt: instant(1) })
  const resolved = { ...open, status: 'resolved', updatedAt: instant(2) }
  const { cache, ids } = cacheWith([open], { status: 'open' })
  cache.announce(at(1), anAnnouncement({ conversation: resolved }))
  cache.announce(at(2), anAnnouncement({ conversation: open }))
  expect(ids()).toEqual([])
})

test('the same place told twice has one effect', () => {
  const row = aConversation()
  const { cache } = cacheWith([row])
  const told = anAnnouncement({ conversation: row })
  expect(cache.announce(at(1), told)).toBe(true)
  expect(cache.announce(at(1), told)).toBe(false)
})

test('the same activity told at two places is one line', () => {
  const { client, cache } = cacheWith([])
  client.setQueryData<ActivityPages>(keys.activity({}), {
    pages: [{ data: [], page: { limit: 25, nextCursor: null }, position: { activity: 'e:0' } }],
    pageParams: [null],
  })
  const told = anAnnouncement()
  cache.announce(at(1), told)
  cache.announce(at(2), told)
  expect(rowsOf(client.getQueryData<ActivityPages>(keys.activity({}))!)).toHaveLength(1)
  cache.announce(at(3), anAnnouncement({ type: 'conversation_refreshed', source: 'axis', conversation: aConversation() }))
  expect(rowsOf(client.getQueryData<ActivityPages>(keys.activity({}))!)).toHaveLength(1)
})

test('results of a search keep their rows, which stay up to date, until they do not fit the rest', () => {
  const found = aConversation()
  const filter = { search: 'parcel', status: 'open' } as const
  const { client, cache, ids } = cacheWith([found], filter)
  cache.announce(at(1), anAnnouncement({ conversation: aConversation() }))
  cache.announce(at(2), anAnnouncement({ conversation: { ...found, priority: 'high', updatedAt: instant(9) } }))
  expect(ids()).toEqual([found.id])
  const list = client.getQueryData<ConversationPages>(keys.conversations(filter))!
  expect(rowsOf<Conversation>(list)[0]?.priority).toBe('high')
  cache.announce(at(3), anAnnouncement({ conversation: { ...found, status: 'resolved', updatedAt: instant(10) } }))
  expect(ids()).toEqual([])
})

test('a search is asked again for what it might find, at once and then every few seconds at most', async () => {
  vi.useFakeTimers()
  const known = aConversation()
  const filter = { search: 'parcel', status: 'open' } as const
  const { client, cache } = cacheWith([known], filter)
  let asked = 0
  const stop = new InfiniteQueryObserver(client, {
    queryKey: keys.conversations(filter),
    queryFn: () => {
      asked += 1
      return conversationPage({ data: [known], page: { limit: 25, nextCursor: null }, position: { activity: 'e:0' } })
    },
    initialPageParam: null,
    getNextPageParam: () => null,
    staleTime: Infinity,
  }).subscribe(() => undefined)
  const later = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)
  cache.announce(at(1), anAnnouncement({ conversation: { ...known, priority: 'high', updatedAt: instant(1) } }))
  cache.announce(at(2), anAnnouncement({ conversation: aConversation({ status: 'resolved' }) }))
  await later(60_000)
  expect(asked).toBe(0)

  for (let sequence = 3; sequence < 9; sequence++) {
    cache.announce(at(sequence), anAnnouncement({ conversation: aConversation() }))
    await later(100)
  }
  expect(asked).toBe(1)
  await later(5_000)
  expect(asked).toBe(2)
  await later(60_000)
  expect(asked).toBe(2)

  stop()
  vi.useRealTimers()
})

test('the conversations of one contact are joined by theirs, and by those of nobody else', () => {
  const [contact, another] = [uuid(701), uuid(702)].map((id) => ({ id, name: 'Paula Probe', thumbnail: null }))
  const first = aConversation({ contact: contact!, lastActivityAt: instant(1) })
  const { cache, ids } = cacheWith([first], { contactId: contact!.id })
  const second = aConversation({ contact: contact!, lastActivityAt: instant(2), updatedAt: instant(2) })
  cache.announce(at(1), anAnnouncement({ conversation: aConversation({ contact: another!, lastActivityAt: instant(3) }) }))
  cache.announce(at(2), anAnnouncement({ conversation: second }))
  expect(ids()).toEqual([second.id, first.id])
  // Chatwoot may find that two are one.
  cache.announce(at(3), anAnnouncement({ conversation: { ...second, contact: another!, updatedAt: instant(4) } }))
  expect(ids()).toEqual([first.id])
})

test('a list shows how far the last message is, told with its conversation or alone', () => {
  const message = aMessage({ conversationId: uuid(), state: 'failed', messageType: 'outgoing' })
  const { id, messageType, createdAt } = message
  const lastMessage = { id, messageType, createdAt, content: 'Hello', private: false, state: 'sending' as const }
  const row = aConversation({ id: message.conversationId, lastMessage })
  const { client, cache } = cacheWith([row])
  const shown = () => rowsOf<Conversation>(client.getQueryData<ConversationPages>(keys.conversations({}))!)[0]?.lastMessage?.state
  cache.announce(at(1), anAnnouncement({ conversation: row }))
  expect(shown()).toBe('sending')
  cache.announce(at(2), anAnnouncement({ type: 'message_state_changed', message }))
  expect(shown()).toBe('failed')
  cache.announce(at(3), anAnnouncement({ message: { ...message, id: uuid(), state: 'sent' } }))
  expect(shown()).toBe('failed')
})

test('a reset has everything read again', () => {
  const { client, cache } = cacheWith([aConversation()])
  cache.reset({ epoch: 'other', sequence: 4 })
  expect(client.getQueryState(keys.conversations({}))?.isInvalidated).toBe(true)
})

test('an answer from before the stream was joined is read again', () => {
  const { client, cache } = cacheWith([aConversation()], {}, 3)
  cache.reset({ epoch: 'e', sequence: 3 })
  client.setQueryData<ConversationPages>(keys.conversations({}), (list) => list)
  const fresh = new Cache(client, new Journal())
  fresh.ready(at(8))
  expect(client.getQueryState(keys.conversations({}))?.isInvalidated).toBe(true)
})

test('a message that was taken back stays away, unless Chatwoot has it after all', () => {
  const message = aMessage({ chatwootId: null, messageType: 'outgoing', state: 'queued' })
  const { cache, ids } = threadWith([message])
  const { conversationId } = message
  cache.announce(at(1), anAnnouncement({ type: 'message_cancelled', conversationId, data: { messageId: message.id } }))
  cache.announce(at(2), anAnnouncement({ type: 'message_state_changed', message: { ...message, state: 'sending', updatedAt: instant(1) } }))
  expect(ids()).toEqual([])
  cache.announce(at(3), anAnnouncement({ type: 'message_created', message: { ...message, chatwootId: 9, state: 'sent', updatedAt: instant(2) } }))
  expect(ids()).toEqual([message.id])
})

test('what is assigned to me joins the list of that, and leaves it', () => {
  const here = uuid(1)
  const { client, cache, ids } = cacheWith([], { assigneeId: 'me' })
  const queryKey = keys.conversations({ assigneeId: 'me' })
  const row = (second: number, id: number, accountId = here) =>
    aConversation({ id: uuid(810), accountId, assignee: { id, name: null, type: 'user' }, updatedAt: instant(second) })
  cache.announce(at(1), anAnnouncement({ conversation: row(1, 7) }))
  // Who that is, is not known yet: the API is asked.
  expect(ids()).toEqual([])
  expect(client.getQueryState(queryKey)?.isInvalidated).toBe(true)
  const agent = { chatwootId: 7, you: true, updatedAt: instant(0) }
  client.setQueryData(keys.catalogue('agents'), { data: [{ ...agent, accountId: here }] })
  cache.announce(at(2), anAnnouncement({ conversation: row(2, 7) }))
  expect(ids()).toEqual([uuid(810)])
  cache.announce(at(3), anAnnouncement({ conversation: row(3, 8) }))
  expect(ids()).toEqual([])
  cache.announce(at(4), anAnnouncement({ conversation: { ...row(4, 7, uuid(2)), id: uuid(811) } }))
  expect(ids()).toEqual([])
})
