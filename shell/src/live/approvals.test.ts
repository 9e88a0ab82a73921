import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import type { Announcement, Approval } from '../api/types.ts'
import { aMessage, anAnnouncement, anApproval, uuid } from '../test/samples.ts'

import { Cache } from './cache.ts'
import { Journal } from './journal.ts'
import { keys } from './keys.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const HERE = uuid(901)
const approval: Approval = anApproval({ conversationId: HERE })
const list = { data: [approval], page: { limit: 50 }, position: { activity: 'e:0' } }

/** One request and both kinds of lists, looked at; how often each was asked for. */
function shown(answer: <T>(of: T) => Promise<T>) {
  const client = new QueryClient()
  const cache = new Cache(client, new Journal())
  cache.watch()
  cache.ready({ epoch: 'e', sequence: 0 })
  const asked = { one: 0, list: 0, pages: 0 }
  const counted = <T>(what: keyof typeof asked, of: T) => () => {
    asked[what] += 1
    return answer(of)
  }
  const observers = [
    new QueryObserver(client, { queryKey: keys.approval(approval.id), queryFn: counted('one', approval) }),
    new QueryObserver(client, { queryKey: keys.approvals({}), queryFn: counted('list', list) }),
    new InfiniteQueryObserver(client, {
      queryKey: keys.approvalPages({}), queryFn: counted('pages', list), initialPageParam: null, getNextPageParam: () => null,
    }),
  ]
  const stops = observers.map((observer) => observer.subscribe(() => undefined))
  let sequence = 0
  const heard = (given: Partial<Announcement>) => cache.announce({ epoch: 'e', sequence: (sequence += 1) }, anAnnouncement(given))
  const leave = () => stops.forEach((stop) => stop())
  /** Whether each of them is loaded again once somebody looks. */
  const doubted = () => client.getQueryCache().getAll().map((query) => query.state.isInvalidated)
  return { asked, heard, leave, doubted, later: () => vi.advanceTimersByTimeAsync(60_000) }
}

test('what a customer writes has the requests that it may make stale asked for again', async () => {
  const { asked, heard, later } = shown((of) => Promise.resolve(of))
  await later()
  expect(asked).toEqual({ one: 1, list: 1, pages: 1 })
  heard({ type: 'message_created', message: aMessage({ conversationId: uuid(902) }) })
  heard({ type: 'message_created', message: aMessage({ conversationId: HERE, messageType: 'outgoing' }) })
  heard({ type: 'message_updated', message: aMessage({ conversationId: HERE }) })
  await later()
  expect(asked).toEqual({ one: 1, list: 1, pages: 1 })
  heard({ type: 'message_created', message: aMessage({ conversationId: HERE }) })
  await later()
  expect(asked).toEqual({ one: 2, list: 2, pages: 2 })
})

test('what is told while the first answer is on its way is not missed', async () => {
  const waiting: (() => void)[] = []
  const { asked, heard, later } = shown((of) => new Promise((give) => waiting.push(() => give(of))))
  heard({ type: 'approval_approved' })
  await later()
  expect(asked).toEqual({ one: 1, list: 1, pages: 1 })
  for (const answer of waiting.splice(0)) answer()
  await later()
  expect(asked).toEqual({ one: 2, list: 2, pages: 2 })
  for (const answer of waiting.splice(0)) answer()
  await later()
  expect(asked).toEqual({ one: 2, list: 2, pages: 2 })
})

test('many requests at once are few loads, and none of these is cut short', async () => {
  let ended = 0
  const { asked, heard, later } = shown((of) => new Promise((give) => setTimeout(() => give(((ended += 1), of)), 300)))
  await later()
  for (let number = 0; number < 49; number++) {
    heard({ type: 'approval_submitted', approval: anApproval() })
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(asked).toEqual({ one: 1, list: 2, pages: 2 })
  expect(ended).toBe(5)
  await later()
  expect(asked).toEqual({ one: 1, list: 3, pages: 3 })
  expect(ended).toBe(7)
})

test('one that is decided shows so at once, however lately another was', async () => {
  const { asked, heard, later } = shown((of) => Promise.resolve(of))
  await later()
  heard({ type: 'approval_approved', approval: anApproval() })
  heard({ type: 'approval_submitted', approval })
  heard({ type: 'approval_approved', approval: { ...approval, status: 'approved' } })
  await vi.advanceTimersByTimeAsync(0)
  expect(asked.one).toBe(3)
})

test('nobody who comes to look finds what was decided still waiting, however lately it was asked for', async () => {
  const { asked, heard, leave, doubted, later } = shown((of) => Promise.resolve(of))
  await later()
  heard({ type: 'approval_submitted', approval: anApproval() })
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toEqual({ one: 1, list: 2, pages: 2 })
  leave()
  heard({ type: 'approval_approved', approval: anApproval() })
  expect(doubted()).toEqual([false, true, true])
  expect(asked).toEqual({ one: 1, list: 2, pages: 2 })
})
