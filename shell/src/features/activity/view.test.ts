import { expect, test } from 'vitest'

import { kindsOf, readTimelineView, typesOf } from './view.ts'

test('an address says what the timeline shows, and nonsense is left out', () => {
  const search = { type: 'message_created', actor: 'user:7', source: 3, page: '2' }
  expect(readTimelineView(search)).toEqual({ type: 'message_created', actor: 'user:7' })
  expect(readTimelineView({ ...search, accountId: 'a' })).toEqual({ type: 'message_created', actor: 'user:7', accountId: 'a' })
  expect(readTimelineView({ accountId: 'a' })).toEqual({})
})

test('kinds are sets of types, and types of none of them stay', () => {
  const type = typesOf(['Status changes', 'Messages'], ['message_read'])
  expect(type).toBe('message_created,message_updated,message_deleted,conversation_status_changed,message_read')
  expect(kindsOf(type)).toEqual({ kinds: ['Messages', 'Status changes'], others: ['message_read'] })
  expect(typesOf([], [])).toBeUndefined()
})
