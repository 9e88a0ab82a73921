import { expect, test } from 'vitest'

import type { Message } from '#api/types.ts'
import { NOWHERE } from '#test/api.ts'
import { aMessage, instant } from '#test/samples.ts'

import { threadOf, upsertMessage } from './messages.ts'

const mine = (given: Partial<Message>) => aMessage({ messageType: 'outgoing', chatwootId: null, ...given })

test('what is on its way comes after all that is there, in the order it was written', () => {
  const first = mine({ createdAt: instant(1), state: 'unknown' })
  const second = mine({ createdAt: instant(2), state: 'queued' })
  const failed = mine({ createdAt: instant(3), state: 'failed' })
  const theirs = aMessage({ createdAt: instant(4) })
  const page = { data: [first, second, failed, theirs], page: { limit: 50, hasMore: false }, position: NOWHERE }
  expect(threadOf({ pages: [page] })).toEqual([failed, theirs, first, second])
  // Chatwoot has it, with a time of its own.
  const sent = { ...first, chatwootId: 9, state: 'sent' as const, createdAt: instant(5) }
  expect(threadOf({ pages: [{ ...page, data: [second, failed, theirs, sent] }] })).toEqual([failed, theirs, sent, second])
})

test('a reply that is found to be a message which came as another row takes its place', () => {
  const reply = mine({ createdAt: instant(1), updatedAt: instant(1), state: 'unknown' })
  const other = mine({ chatwootId: 9, createdAt: instant(2), updatedAt: instant(2) })
  const page = { data: [reply, other], page: { limit: 50, hasMore: false }, position: NOWHERE }
  const thread = { pages: [page], pageParams: [null] }
  const found = { ...reply, chatwootId: 9, state: 'sent' as const, updatedAt: instant(3) }
  const after = upsertMessage(thread, found)
  expect(threadOf(after)).toEqual([found])
  // What was told of the other row before comes late.
  expect(threadOf(upsertMessage(after, other))).toEqual([found])
})
