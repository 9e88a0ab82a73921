import { expect, test } from 'vitest'

import type { Message } from '#api/types.ts'
import { NOWHERE } from '#test/api.ts'
import { aMessage, instant } from '#test/samples.ts'

import { threadOf } from './messages.ts'

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
