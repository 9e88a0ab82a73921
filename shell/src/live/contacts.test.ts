import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'

import type { Announcement, Conversation } from '../api/types.ts'
import { aConversation, anAnnouncement, uuid } from '../test/samples.ts'

import { Cache } from './cache.ts'
import { conversationPage, type ConversationPages } from './conversations.ts'
import { Journal } from './journal.ts'
import { keys } from './keys.ts'

const [PAULA, OTTO] = [uuid(901), uuid(902)]
const of = (id: string) => aConversation({ contact: { id, name: 'Paula Probe', thumbnail: null } })

/** What is asked for again when this is told: of Paula and of Otto each the contact, a conversation and a list. */
function askedAgain(told: Partial<Announcement>) {
  const client = new QueryClient()
  const cache = new Cache(client, new Journal())
  cache.ready({ epoch: 'e', sequence: 0 })
  const keysOf = (contactId: string) => {
    const row: Conversation = of(contactId)
    const list = { data: [row], page: { limit: 25, nextCursor: null }, position: { activity: 'e:0' } }
    client.setQueryData(keys.contact(contactId), { id: contactId })
    client.setQueryData(keys.conversation(row.id), row)
    client.setQueryData<ConversationPages>(keys.conversations({ search: contactId }), { pages: [conversationPage(list)], pageParams: [null] })
    return [keys.contact(contactId), keys.conversation(row.id), keys.conversations({ search: contactId })]
  }
  const shown = [...keysOf(PAULA), ...keysOf(OTTO)]
  cache.announce({ epoch: 'e', sequence: 1 }, anAnnouncement(told))
  return shown.map((queryKey) => client.getQueryState(queryKey)?.isInvalidated)
}

test.each(['contact_updated', 'contact_refreshed', 'contact_deleted'])('%s has that contact asked for wherever it shows', (type) => {
  expect(askedAgain({ type, data: { contactId: 7, contact: PAULA } })).toEqual([true, true, true, false, false, false])
})

test.each([
  [['name', 'email'], true],
  [['avatar_url'], true],
  [['email', 'phone_number', 'custom_attributes'], false],
  // Nobody knows which.
  [[], true],
])('of a change of %j, conversations are asked for: %j', (fields, rows) => {
  const data = { contactId: 7, contact: PAULA, fields }
  expect(askedAgain({ type: 'contact_updated', data })).toEqual([true, rows, rows, false, false, false])
})

test('without saying which, all contacts are asked for', () => {
  expect(askedAgain({ type: 'contact_updated', data: { contactId: 7 } })).toEqual([true, false, false, true, false, false])
})

test('what else is told of contacts changes none', () => {
  expect(askedAgain({ type: 'contact_created', data: { contactId: 7, contact: PAULA } })).not.toContain(true)
})

test('all contacts are asked for when what was told of them may be lost', () => {
  const client = new QueryClient()
  const cache = new Cache(client, new Journal())
  client.setQueryData(keys.contact(PAULA), { id: PAULA })
  cache.ready({ epoch: 'e', sequence: 0 })
  expect(client.getQueryState(keys.contact(PAULA))?.isInvalidated).toBe(false)
  cache.reset({ epoch: 'e', sequence: 9_000 })
  expect(client.getQueryState(keys.contact(PAULA))?.isInvalidated).toBe(true)
})
