/** What operators see while the API does not answer. */
import { act, screen } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { AccountState, DeadLetter, Replay as Run } from '#api/types.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { instant, uuid } from '#test/samples.ts'

import { Accounts } from './Accounts.tsx'
import { DeadLetters } from './DeadLetters.tsx'
import { Replay } from './Replay.tsx'

const down = () => HttpResponse.json({ code: 'unavailable', detail: 'it is down' }, { status: 503 })
const ACCOUNT: AccountState = {
  id: uuid(), baseUrl: 'https://chat.example.com', chatwootAccountId: 1, name: 'Acme', outbound: { pending: 0 },
  breaker: { state: 'closed', failures: 0 },
}
const LETTER: DeadLetter = {
  id: uuid(), at: instant(0), stream: 'INBOUND', streamSequence: 7, consumer: 'sync-worker', subject: 'inbound', event: 'message_created',
  reason: 'undecodable', detail: 'It has no id', sequence: 1,
}
const RUN: Run = { id: uuid(), state: 'done', target: 'all of it', by: 'Dev Admin', startedAt: instant(0), count: 3 }

const SCREENS = [
  ['accounts', 'Acme', ACCOUNT, () => <Accounts acts={false} />],
  ['dead-letters', 'It has no id', LETTER, () => <DeadLetters view={{ show: 'dead-letters' }} acts={false} />],
  ['replays', /^all of it/, RUN, () => <Replay acts={false} />],
] as const

const served = (what: string, row: object) =>
  api.use(http.untyped.get(`*/api/v1/operations/${what}`, () => HttpResponse.json({ data: [row], page: { limit: 50, nextCursor: null } })))

test.each(SCREENS)('of %s, it is said that they may be of before', async (what, words, row, screenOf) => {
  served(what, row)
  const { queryClient } = show(screenOf())
  expect(await screen.findByText(words)).toBeVisible()
  expect(screen.queryByRole('alert')).toBeNull()
  api.use(http.untyped.get(`*/api/v1/operations/${what}`, down))
  await act(() => queryClient.refetchQueries())
  expect(await screen.findByText('This may be out of date: it is down.')).toBeVisible()
  expect(screen.getByText(words)).toBeVisible()
})

test.each(SCREENS)('of %s, what did not load does once the API is back', async (what, words, row, screenOf) => {
  api.use(http.untyped.get(`*/api/v1/operations/${what}`, down))
  const { live } = show(screenOf())
  expect(await screen.findByRole('alert')).toHaveTextContent('it is down')
  served(what, row)
  act(() => live.take({ event: 'ready', id: 'e:0', data: '{}' }))
  expect(await screen.findByText(words)).toBeVisible()
})

test('why there is no account to replay events of is said', async () => {
  api.use(
    http.untyped.get('*/api/v1/operations/accounts', down),
    http.untyped.get('*/api/v1/operations/replays', () => HttpResponse.json({ data: [RUN] })),
  )
  show(<Replay acts />)
  expect(await screen.findByRole('alert')).toHaveTextContent('it is down')
})
