/** Answers from positions that the journal cannot compare with its own. */
import { InfiniteQueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { cacheWith } from '../test/caches.ts'

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
