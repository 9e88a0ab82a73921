import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { describe, expect, test } from 'vitest'

import type { Activity, ActivityFilter } from '../api/types.ts'
import { anAnnouncement, instant, uuid } from '../test/samples.ts'

import { type ActivityPage, linesOf } from './activity.ts'
import { Cache } from './cache.ts'
import { Journal } from './journal.ts'
import { keys } from './keys.ts'

const FILTER = { type: 'widget_opened' }
const line = (second: number): Activity => ({
  id: uuid(1_000 + second),
  type: 'widget_opened',
  source: 'chatwoot',
  occurredAt: instant(second),
  data: {},
})

/** A timeline whose pages are these, of an API that does not know which place in the stream they are of, if so told. */
async function timeline(pages: Activity[][], place: string | null, filter: ActivityFilter = FILTER) {
  const client = new QueryClient()
  const cache = new Cache(client, new Journal())
  cache.watch()
  cache.ready({ epoch: 'e', sequence: 0 })
  const observer = new InfiniteQueryObserver(client, {
    queryKey: keys.activity(filter),
    queryFn: ({ pageParam }): ActivityPage => {
      const nextCursor = pageParam + 1 < pages.length ? String(pageParam + 1) : null
      return { data: pages[pageParam] ?? [], page: { limit: 50, nextCursor }, position: { activity: place } }
    },
    initialPageParam: 0,
    getNextPageParam: ({ page }) => (page.nextCursor == null ? null : Number(page.nextCursor)),
    select: linesOf,
    structuralSharing: false,
    staleTime: Infinity,
  })
  observer.subscribe(() => undefined)
  await observer.refetch()
  let sequence = 0
  return {
    shown: () => observer.getCurrentResult().data?.map(({ occurredAt }) => Number(occurredAt.slice(17, 19))),
    hear: (second: number, given: Partial<Activity> = {}) => {
      sequence += 1
      cache.announce({ epoch: 'e', sequence }, anAnnouncement({ ...line(second), ...given }))
    },
    further: () => observer.fetchNextPage(),
  }
}

describe.each([null, 'e:0'])('a line that comes late, behind a page that has few (read at %s)', (place) => {
  test('shows when what comes after it is loaded, and when nothing does', async () => {
    const { shown, hear, further } = await timeline([[line(50)], [], [line(20)], []], place)
    hear(30)
    hear(10)
    hear(55)
    // Whether something else comes between, nobody knows yet.
    expect(shown()).toEqual([55, 50])
    await further()
    expect(shown()).toEqual([55, 50])
    hear(40)
    await further()
    expect(shown()).toEqual([55, 50, 40, 30, 20])
    await further()
    expect(shown()).toEqual([55, 50, 40, 30, 20, 10])
  })

  test('shows once if the next page has it too', async () => {
    const { shown, hear, further } = await timeline([[line(50)], [line(40), line(30), line(20)]], place)
    hear(30)
    hear(30)
    await further()
    expect(shown()).toEqual([50, 40, 30, 20])
  })
})

test('a line of somebody who has the same id in another account does not join', async () => {
  const { shown, hear } = await timeline([[]], 'e:0', { actor: 'contact:5', accountId: uuid(1) })
  const actor = { type: 'contact', id: '5', name: null }
  hear(10, { actor, accountId: uuid(1) })
  hear(20, { actor, accountId: uuid(2) })
  expect(shown()).toEqual([10])
})
