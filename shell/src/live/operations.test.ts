import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { api, http } from '#test/api.ts'
import { instant, uuid } from '#test/samples.ts'

import { replay } from './operations.ts'

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
