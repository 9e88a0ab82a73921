import { screen, waitFor } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { Health } from '#api/health.ts'
import type { AccountState } from '#api/types.ts'
import { connectionStatus } from '#live/status.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { uuid } from '#test/samples.ts'

import Banner from './Banner.tsx'

const account = (given: Partial<AccountState> = {}): AccountState => ({
  id: uuid(),
  baseUrl: 'https://chat.example.com',
  chatwootAccountId: 1,
  breaker: { state: 'closed', failures: 0 },
  outbound: { pending: 0 },
  ...given,
})

/** A system in this state; answers how often it was asked. */
function given(checks: Health['checks'], accounts: AccountState[] = [account()]) {
  const asked = { accounts: 0 }
  api.use(
    http.untyped.get('*/api/v1/health', () => HttpResponse.json({ status: 'up', checks })),
    http.get('/api/v1/operations/accounts', ({ response }) => {
      asked.accounts++
      return response(200).json({ data: accounts })
    }),
  )
  show(<Banner />)
  return asked
}

test('while all is well nothing is said', async () => {
  const asked = given({ postgres: { status: 'up' } })
  await waitFor(() => expect(asked.accounts).toBe(1))
  expect(screen.queryByRole('status')).toBeNull()
})

test('what is down is named', async () => {
  given({ postgres: { status: 'down' }, nats: { status: 'degraded' }, journal: { status: 'up' } })
  expect(await screen.findByText('Database: down. Streams: does not work as it should.')).toBeVisible()
})

test('Chatwoot that answers slowly, refuses or is silent is told, with how much waits', async () => {
  const late = new Date(Date.now() - 120_000).toISOString()
  const soon = new Date(Date.now() + 60_000).toISOString()
  given({}, [
    account({ name: 'Shop', outbound: { pending: 12, oldestAt: late } }),
    account({ name: 'Club', outbound: { pending: 1, oldestAt: late }, rate: { perMinute: 60, available: 0, pausedUntil: soon } }),
    account({ chatwootAccountId: 7, breaker: { state: 'open', failures: 5 } }),
  ])
  const words =
    'Chatwoot (Shop) answers slowly; 12 commands wait for it. ' +
    'Chatwoot (Club) asks us to slow down; 1 command waits for it. Chatwoot (account 7) does not answer.'
  expect(await screen.findByText(words)).toBeVisible()
  expect(screen.getByRole('link', { name: 'Operations' })).toBeVisible()
})

test('what is known while nothing can be heard is not told as true', async () => {
  given({ postgres: { status: 'down' } })
  expect(await screen.findByText('Database: down.')).toBeVisible()
  connectionStatus.set({ state: 'offline', heardAt: null })
  await waitFor(() => expect(screen.queryByText('Database: down.')).toBeNull())
  connectionStatus.set({ state: 'connecting', heardAt: null })
})
