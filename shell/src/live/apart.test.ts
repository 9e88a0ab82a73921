/** Answers from positions that the journal cannot compare with its own, or that are long past. */
import { InfiniteQueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { at, cacheWith } from '../test/caches.ts'
import { anAnnouncement, instant, uuid } from '../test/samples.ts'

import { type ActivityPage, linesOf } from './activity.ts'
import { conversationPage } from './conversations.ts'
import { keys } from './keys.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const later = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

/** A list on the screen, which the API answers from these positions, the last one from then on. */
function listed(...places: string[]) {
  const { client, cache } = cacheWith([], {}, 10)
  cache.watch()
  client.clear()
  const state = { asked: 0, places }
  new InfiniteQueryObserver(client, {
    queryKey: keys.conversations({}),
    queryFn: () => {
      const activity = places[Math.min(state.asked, places.length - 1)]!
      state.asked += 1
      return conversationPage({ data: [], page: { limit: 25, nextCursor: null }, position: { activity } })
    },
    initialPageParam: null,
    getNextPageParam: () => null,
    staleTime: Infinity,
  }).subscribe(() => undefined)
  return { cache, state }
}

test.each(['old:500', 'e:9'])('while the API answers from %s only, it is asked less and less often', async (place) => {
  const { cache, state } = listed(place)
  await later(999)
  expect(state.asked).toBe(2)
  await later(60_000)
  expect(state.asked).toBeLessThan(12)
  const before = state.asked
  cache.reset({ epoch: place.split(':')[0]!, sequence: 9 })
  await later(600_000)
  expect(state.asked).toBe(before + 1)
})

test('an answer from before the journal is asked for anew at once, each time that one comes', async () => {
  const { cache, state } = listed('e:9', 'e:10', 'e:9', 'e:10')
  await later(1)
  expect(state.asked).toBe(2)
  cache.doubt()
  await later(1)
  expect(state.asked).toBe(4)
  await later(600_000)
  expect(state.asked).toBe(4)
})

test('a long walk through a timeline does not begin anew because its first page is old, and misses nothing', async () => {
  const { client, cache } = cacheWith([], {}, 0)
  cache.watch()
  const asked: (string | null)[] = []
  let heard = 0
  const hear = (count: number) => {
    for (let number = 0; number < count; number++) cache.announce(at((heard += 1)), anAnnouncement({ type: 'widget_opened', occurredAt: instant(9) }))
  }
  const observer = new InfiniteQueryObserver(client, {
    queryKey: keys.activity({ type: 'widget_opened' }),
    queryFn: async ({ pageParam }): Promise<ActivityPage> => {
      asked.push(pageParam)
      const activity = `e:${heard}`
      const line = { id: uuid(), type: 'widget_opened', source: 'chatwoot', occurredAt: instant(1), data: {} }
      await new Promise((go) => setTimeout(go, 100))
      return { data: pageParam === null ? [line] : [], page: { limit: 50, nextCursor: 'more' }, position: { activity } }
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.page.nextCursor,
    staleTime: Infinity,
  })
  const stop = observer.subscribe(() => undefined)
  await later(100)
  hear(2_100)
  const more = observer.fetchNextPage()
  await later(50)
  hear(5)
  await later(60)
  await more
  await later(5_000)
  expect(asked).toEqual([null, 'more'])
  expect(linesOf(observer.getCurrentResult().data!)).toHaveLength(2_106)
  stop()
})
