import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { api, http } from '#test/api.ts'
import { instant, uuid } from '#test/samples.ts'

import { deadLettersQuery, replay } from './operations.ts'

test('a replay whose answer was lost is begun once, however often it is asked for; another one is another', async () => {
  const keys: (string | null)[] = []
  api.use(
    http.untyped.post('*/api/v1/operations/replay', ({ request }) => {
      keys.push(request.headers.get('idempotency-key'))
      return keys.length === 1 ? HttpResponse.error() : HttpResponse.json({ id: uuid(), state: 'running', target: 'all', by: 'Ana', startedAt: instant(0) }, { status: 202 })
    }),
  )
  const wanted = { accountId: uuid(1), from: instant(0), most: 10, perSecond: 5, dryRun: false }
  await expect(replay(wanted)).rejects.toMatchObject({ status: 0 })
  await replay(wanted)
  await replay({ ...wanted, most: 20 })
  expect(keys[0]).toMatch(/.{36}/)
  expect(keys[1]).toBe(keys[0])
  expect(keys[2]).not.toBe(keys[0])
})

test('the more pages of dead letters there are, the less often they are loaded again', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  let asked = 0
  const observer = new InfiniteQueryObserver(new QueryClient(), {
    ...deadLettersQuery({}),
    queryFn: () => {
      asked += 1
      return { data: [], page: { limit: 50, nextCursor: 'more' } }
    },
  })
  onTestFinished(observer.subscribe(() => undefined))
  await vi.advanceTimersByTimeAsync(1)
  for (let page = 2; page <= 30; page++) await observer.fetchNextPage()
  expect(asked).toBe(30)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toBe(30)
  await vi.advanceTimersByTimeAsync(30 * 15_000)
  expect(asked).toBe(60)
})
