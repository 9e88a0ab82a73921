import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { compareClocks } from '#api/clock.ts'
import type { AccountState } from '#api/types.ts'
import { api, http } from '#test/api.ts'
import { held } from '#test/held.ts'
import { show } from '#test/render.tsx'
import { uuid } from '#test/samples.ts'
import { toasts } from '#ui/toasts.ts'

import { Accounts } from './Accounts.tsx'

const ACCOUNT: AccountState = {
  id: uuid(), baseUrl: 'https://chat.example.com', chatwootAccountId: 1, outbound: { pending: 0 },
  breaker: { state: 'closed', failures: 0 },
}

const COMPARED = { walkUnderWay: false, walkDone: 0, broughtIn: 0, driftFound: 0, driftRepaired: 0, failures: 0, unread: [] as string[] }

test('what began a comparison keeps the focus while that goes on', async () => {
  let walkUnderWay = false
  const reconciliation = () => ({ ...COMPARED, walkUnderWay })
  const begun = vi.fn(() => {
    walkUnderWay = true
    return HttpResponse.json({}, { status: 202 })
  })
  api.use(
    http.untyped.get('*/api/v1/operations/accounts', () => HttpResponse.json({ data: [{ ...ACCOUNT, reconciliation: reconciliation() }] })),
    http.untyped.post('*/api/v1/operations/accounts/:id/reconcile', begun),
  )
  show(<Accounts acts />)
  const compare = await screen.findByRole('button', { name: 'Compare everything' })
  compare.focus()
  await userEvent.keyboard('{Enter}')
  expect(await screen.findByText('under way')).toBeVisible()
  expect(compare).toHaveFocus()
  expect(compare).toBeEnabled()
  expect(compare).toHaveAttribute('aria-disabled', 'true')
  await userEvent.keyboard('{Enter}')
  expect(begun).toHaveBeenCalledOnce()
})

test('that no comparison was begun is told whoever has gone elsewhere', async () => {
  const { answer, come } = held()
  const asked = vi.fn(answer)
  api.use(
    http.untyped.get('*/api/v1/operations/accounts', () => HttpResponse.json({ data: [ACCOUNT] })),
    http.untyped.post('*/api/v1/operations/accounts/:id/reconcile', asked),
  )
  const { unmount } = show(<Accounts acts />)
  await userEvent.click(await screen.findByRole('button', { name: 'Compare everything' }))
  await waitFor(() => expect(asked).toHaveBeenCalledOnce())
  unmount()
  come(HttpResponse.json({ code: 'invalid', detail: 'not now' }, { status: 422 }))
  await waitFor(() => expect(toasts()).toMatchObject([{ title: 'Not compared: Account 1', detail: 'not now', bad: true }]))
})

test('what could not be read is named', async () => {
  const unread = ['message 7 of conversation 42: the answer is too large']
  const account = { ...ACCOUNT, reconciliation: { ...COMPARED, unread } }
  api.use(http.untyped.get('*/api/v1/operations/accounts', () => HttpResponse.json({ data: [account] })))
  show(<Accounts acts={false} />)
  expect(await screen.findByText('Not read: message 7 of conversation 42: the answer is too large')).toBeVisible()
})

test.each([[300, 5, '100'], [300, 2.5, '50'], [30, 1, '100'], [300, 0, '0']])(
  'of %i requests a minute, %d at once are %s percent of what may be left',
  async (perMinute, available, percent) => {
    const account: AccountState = { ...ACCOUNT, rate: { perMinute, available } }
    api.use(http.untyped.get('*/api/v1/operations/accounts', () => HttpResponse.json({ data: [account] })))
    show(<Accounts acts={false} />)
    expect(await screen.findByRole('meter', { name: 'Requests free this second' })).toHaveAttribute('aria-valuenow', percent)
  },
)

test.each([[300, 5, '5 of 5 requests', '300 requests a minute'], [300, 2.5, '2 of 5 requests', '300 requests a minute'], [100, 1.6, '1 of 1 request', '100 requests a minute']])(
  'of %i requests a minute, it is said in words that %d may be made at once',
  async (perMinute, available, free, most) => {
    const account: AccountState = { ...ACCOUNT, rate: { perMinute, available } }
    api.use(http.untyped.get('*/api/v1/operations/accounts', () => HttpResponse.json({ data: [account] })))
    show(<Accounts acts={false} />)
    expect((await screen.findByText('Free this second')).parentElement).toHaveTextContent(`Free this second${free}`)
    expect(screen.getByText('At most').parentElement).toHaveTextContent(`At most${most}`)
  },
)

test.each<[string, AccountState['breaker'] & { rests?: number }, string]>([
  ['answers', { state: 'closed', failures: 0 }, 'Answers'],
  ['has just not answered', { state: 'closed', failures: 1 }, 'Answers (no answer to the last call)'],
  ['rests', { state: 'open', failures: 5, rests: 600 }, 'Does not answer: paused, tries again in 10 min (no answer to the last 5 calls)'],
  ['has rested', { state: 'open', failures: 5, rests: -60 }, 'Does not answer: tries again with the next call (no answer to the last 5 calls)'],
  ['is tried', { state: 'trial', failures: 5, rests: 600 }, 'Being tried (no answer to the last 5 calls)'],
])('what becomes of calls to an account that %s is said', async (_, { rests, ...state }, words) => {
  const breaker = rests === undefined ? state : { ...state, until: new Date(Date.now() + rests * 1000).toISOString() }
  api.use(http.untyped.get('*/api/v1/operations/accounts', () => HttpResponse.json({ data: [{ ...ACCOUNT, breaker }] })))
  show(<Accounts acts={false} />)
  const { parentElement: card } = await screen.findByText(/^(Answers|Does not answer|Being tried)/)
  expect(card?.textContent).toBe(words)
})

const waiting = (pending: number, seconds: number | null) => ({ pending, oldestAt: seconds === null ? null : new Date(Date.now() - seconds * 1000).toISOString() })

test.each([
  ['in the journals and in the stream', waiting(5, 600), waiting(2, 300), '7, for 10 min'],
  ['in neither', waiting(0, null), waiting(0, null), '0'],
  ['in the stream, when no receiver answers', null, waiting(2, 300), 'at least 2, for 5 min'],
  ['in the journals, when the stream does not answer', waiting(5, 600), null, 'at least 5, for 10 min'],
  ['nobody says where', null, null, 'not known'],
])('events wait %s', async (_, journal, inbound, words) => {
  api.use(http.untyped.get('*/api/v1/operations/accounts', () => HttpResponse.json({ data: [{ ...ACCOUNT, journal, inbound }] })))
  show(<Accounts acts={false} />)
  expect((await screen.findByText('Events waiting')).parentElement).toHaveTextContent(`Events waiting${words}`)
})

test('webhooks that were refused are told by reason', async () => {
  const refused = [{ reason: 'journal-full', count: 1 }, { reason: 'signature', count: 4 }]
  api.use(http.untyped.get('*/api/v1/operations/accounts', () => HttpResponse.json({ data: [{ ...ACCOUNT, refused }] })))
  show(<Accounts acts={false} />)
  expect(await screen.findByText('5 in the last hour')).toBeVisible()
  const reasons = screen.getByRole('list', { name: 'Why webhooks were refused' })
  expect([...reasons.children].map((reason) => reason.textContent)).toEqual(['Journal full1', 'Wrong signature4'])
})

test.each([
  ['slow', -600],
  ['fast', 600],
])('times are counted by the clock of the API, while that of the browser is %s', async (_, wrong) => {
  const there = Date.now() - wrong * 1000
  const at = (seconds: number) => new Date(there + seconds * 1000).toISOString()
  const account: AccountState = {
    ...ACCOUNT,
    breaker: { state: 'open', failures: 5, until: at(300) },
    rate: { perMinute: 300, available: 5, pausedUntil: at(180) },
    outbound: { pending: 2, oldestAt: at(-240) },
  }
  const data = [account]
  api.use(http.untyped.get('*/api/v1/operations/accounts', () => HttpResponse.json({ data }, { headers: { date: new Date(there).toUTCString() } })))
  onTestFinished(() => void compareClocks(new Response(null, { headers: { date: new Date().toUTCString() } })))
  show(<Accounts acts={false} />)
  expect((await screen.findByText('Commands waiting')).parentElement).toHaveTextContent('Commands waiting2, for 4 min')
  expect(screen.getByText('It asked us to slow down for 3 min')).toBeVisible()
  expect(screen.getByText(/tries again in 5 min/)).toBeVisible()
})
