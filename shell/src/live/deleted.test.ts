/** Conversations that Chatwoot has no more. */
import { expect, test } from 'vitest'

import type { Conversation, ConversationFilter } from '../api/types.ts'
import { at, cacheWith } from '../test/caches.ts'
import { aConversation, anAnnouncement, instant } from '../test/samples.ts'

import { conversationPage, type ConversationPages } from './conversations.ts'
import { keys } from './keys.ts'
import { rowsOf } from './pages.ts'

test('a conversation that was deleted is in no list, until Chatwoot has it again', () => {
  const row = aConversation()
  const filters = [{ status: 'open' }, { search: 'parcel' }, { search: 'tent' }] as const
  const { client, cache, ids: listed } = cacheWith([row], filters[0])
  const pages = (rows: Conversation[]) => ({
    pages: [conversationPage({ data: rows, page: { limit: 25, nextCursor: null }, position: { activity: 'e:0' } })],
    pageParams: [null],
  })
  client.setQueryData<ConversationPages>(keys.conversations(filters[1]), pages([row]))
  client.setQueryData<ConversationPages>(keys.conversations(filters[2]), pages([]))
  const found = (filter: ConversationFilter) => rowsOf<Conversation>(client.getQueryData<ConversationPages>(keys.conversations(filter))!)
  cache.announce(at(1), anAnnouncement({ type: 'conversation_deleted', conversation: row }))
  expect([listed(), found(filters[1]), found(filters[2])]).toEqual([[], [], []])
  // What is done about it here does not bring it back.
  const wish = { conversationId: row.id, over: (one: Conversation) => ({ ...one, unreadCount: 0 }) }
  cache.announce(at(2), anAnnouncement({ type: 'conversation_read', source: 'axis', conversation: { ...row, updatedAt: instant(1) } }))
  expect(filters.map((filter) => client.getQueryState(keys.conversations(filter))?.isInvalidated)).toEqual([false, false, false])
  cache.wish(wish)
  cache.settle(wish, row)
  expect([listed(), found(filters[2])]).toEqual([[], []])
  cache.announce(at(3), anAnnouncement({ conversation: { ...row, updatedAt: instant(2) } }))
  expect(listed()).toEqual([row.id])
})

test('a conversation that was deleted leaves the lists even if its row could not be told', () => {
  const row = aConversation()
  const { client, cache, ids } = cacheWith([row])
  cache.watch()
  cache.announce(at(1), anAnnouncement({ type: 'conversation_deleted', conversationId: row.id }))
  expect(ids()).toEqual([])
  expect(client.getQueryState(keys.conversations({}))?.isInvalidated).toBe(false)
})

test('what is told of a conversation that Chatwoot does not have any more brings it into no list', () => {
  const row = aConversation()
  const { cache, ids } = cacheWith([])
  cache.announce(at(1), anAnnouncement({ type: 'command_failed', source: 'axis', conversation: { ...row, deleted: true, updatedAt: instant(1) } }))
  expect(ids()).toEqual([])
  cache.announce(at(2), anAnnouncement({ conversation: { ...row, deleted: false, updatedAt: instant(2) } }))
  expect(ids()).toEqual([row.id])
})
