import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import type { Health } from '#api/health.ts'
import type { ChatwootState } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { keys } from '#live/keys.ts'
import { connectionStatus } from '#live/status.ts'
import { api, http } from '#test/api.ts'
import { mayOnly } from '#test/may.ts'
import { show } from '#test/render.tsx'
import { uuid } from '#test/samples.ts'

import Banner from './Banner.tsx'

const account = (given: Partial<ChatwootState> = {}): ChatwootState => ({
  accountId: uuid(),
  chatwootAccountId: 1,
  state: 'well',
  waiting: 0,
  ...given,
})

/** A system in this state; answers how often it was asked. */
function given(checks: Health['checks'], accounts: ChatwootState[] = [account()]) {
  const asked = { accounts: 0 }
  api.use(
    http.untyped.get('*/api/v1/health', () => HttpResponse.json({ status: 'up', checks })),
    http.get('/api/v1/chatwoot', ({ response }) => {
      asked.accounts++
      return response(200).json({ data: accounts })
    }),
  )
  return { asked, ...show(<Banner />) }
}

/** The region that tells of it, which may be empty. */
const region = () => screen.findByRole('status', { name: 'State of the system' })

/** That region, once it says something. */
async function words() {
  const found = await region()
  await waitFor(() => expect(found).toHaveTextContent(/./))
  return found
}

test('while all is well nothing is said', async () => {
  const { asked } = given({ postgres: { status: 'up' } }, [account({ waiting: 3 })])
  await waitFor(() => expect(asked.accounts).toBe(1))
  expect(await region()).toBeEmptyDOMElement()
})

test('what is down is named', async () => {
  given({ postgres: { status: 'down' }, nats: { status: 'degraded' }, journal: { status: 'up' } })
  expect(await words()).toHaveTextContent('Database: down. Live updates: not working properly.')
})

test('why something does not work is told in the words of the API, but not to agents how streams differ', async () => {
  const nats = { status: 'degraded', detail: 'no connection: screens are not live' } as const
  const streams = { status: 'degraded', detail: 'INBOUND keeps 1 day instead of 7' } as const
  const { unmount } = given({ nats, streams })
  expect(await words()).toHaveTextContent(`Live updates: ${nats.detail}. Streams: ${streams.detail}.`)
  unmount()
  mayOnly('conversations:read')
  given({ nats, streams })
  expect(await words()).toHaveTextContent(`Live updates: ${nats.detail}. Streams: not working properly.`)
})

test('Chatwoot that answers slowly, refuses or is silent is told, with how much waits', async () => {
  given({}, [
    account({ name: 'Shop', state: 'slowly', waiting: 12 }),
    account({ name: 'Club', state: 'paused', waiting: 1 }),
    account({ chatwootAccountId: 7, state: 'silent' }),
  ])
  expect(await words()).toHaveTextContent(
    'Chatwoot (Shop) answers slowly; 12 replies and changes are waiting. ' +
      'Chatwoot (Club) asks us to slow down; 1 reply or change is waiting. Chatwoot (account 7) does not answer. Operations',
  )
  expect(screen.getByRole('link', { name: 'Operations' })).toBeVisible()
})

test('who may not see operations is told too, and not sent there', async () => {
  const may = vi.spyOn(session().person, 'may').mockImplementation((permission) => permission !== 'operations:read')
  onTestFinished(() => may.mockRestore())
  given({}, [account({ state: 'slowly', waiting: 2 })])
  expect(await words()).toHaveTextContent(/^Chatwoot answers slowly; 2 replies and changes are waiting\.$/)
  expect(screen.queryByRole('link')).toBeNull()
})

test('what is folded stays so until there is another trouble', async () => {
  const slow = account({ state: 'slowly', waiting: 2 })
  const accounts = [slow]
  const { queryClient } = given({}, accounts)
  // As the API says too, which is asked again every few seconds.
  const becomes = (next: Partial<ChatwootState>) => {
    accounts[0] = { ...slow, ...next }
    queryClient.setQueryData(keys.chatwoot(), { data: [accounts[0]] })
  }
  await userEvent.click(within(await words()).getByRole('button', { name: 'Hide' }))
  expect(await region()).toHaveTextContent('')
  becomes({ waiting: 3 })
  await userEvent.click(await screen.findByRole('button', { name: 'Show the state of the system' }))
  expect(await words()).toHaveTextContent('3 replies and changes are waiting')
  await userEvent.click(screen.getByRole('button', { name: 'Hide' }))
  becomes({ state: 'silent' })
  expect(await words()).toHaveTextContent('Chatwoot does not answer')
})

test('toasts keep clear of it, folded or not, as long as it is there', async () => {
  const heights: Record<string, number> = { DIV: 60, BUTTON: 36 }
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockImplementation(function (this: HTMLElement) {
    return heights[this.tagName] ?? 0
  })
  const room = () => document.documentElement.style.getPropertyValue('--banner-room')
  const { unmount } = given({ postgres: { status: 'down' } })
  await words()
  expect(room()).toBe('68px')
  await userEvent.click(screen.getByRole('button', { name: 'Hide' }))
  expect(room()).toBe('44px')
  unmount()
  expect(room()).toBe('')
})

test('what is known while nothing can be heard is not told as true', async () => {
  given({ postgres: { status: 'down' } })
  expect(await screen.findByText('Database: down.')).toBeVisible()
  connectionStatus.set({ state: 'offline', heardAt: null })
  await waitFor(() => expect(screen.queryByText('Database: down.')).toBeNull())
  connectionStatus.set({ state: 'connecting', heardAt: null })
})
