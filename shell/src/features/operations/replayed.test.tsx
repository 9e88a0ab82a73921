/** Which events were replayed, and who wanted that. */
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test } from 'vitest'

import type { AccountState, Replay as Run } from '#api/types.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { instant, uuid } from '#test/samples.ts'
import { exactly } from '#ui/time.ts'
import { dismiss, toasts } from '#ui/toasts.ts'

import { Replay } from './Replay.tsx'

const ACCOUNT: AccountState = {
  id: uuid(), baseUrl: 'https://chat.example.com', chatwootAccountId: 1, name: 'Acme', outbound: { pending: 0 },
  breaker: { state: 'closed', failures: 0 },
}
const FROM = '2026-11-29T08:00:00.123456789+00:00'
const TO = '2026-11-29T09:00:00+00:00'
const SOMEBODY = '01970000-aaaa-7bbb-8ccc-0123456789ab'

function given(run: Partial<Run>) {
  const all: Run = { id: uuid(), state: 'done', target: 'all of it', by: 'member dev-admin', startedAt: instant(0), count: 3, ...run }
  api.use(
    http.untyped.get('*/api/v1/operations/replays', () => HttpResponse.json({ data: [all] })),
    http.untyped.get('*/api/v1/operations/accounts', () => HttpResponse.json({ data: [ACCOUNT] })),
  )
  show(<Replay acts={false} />)
}

const told = async () => (await screen.findByRole('list', { name: 'Replays' })).textContent

test.each([
  ['a period', `from ${FROM}, to ${TO}, account ${ACCOUNT.id}, event message_created`, `Events of Acme from ${exactly(FROM)} to ${exactly(TO)}, only “Message created” · by you`],
  ['all since then', `from ${FROM}, account ${ACCOUNT.id}`, `Events of Acme since ${exactly(FROM)} · by you`],
  ['what is told in other words', 'from then', 'from then, Acme · by you'],
])('%s is told without names for programs', async (_, target, words) => {
  given({ target, accountId: ACCOUNT.id })
  await waitFor(async () => expect(await told()).toContain(words))
  expect(await told()).not.toMatch(/T0[89]:|[0-9a-f]{8}-/)
})

test.each([
  ['who looks', 'member dev-admin', 'by you'],
  ['a person with a readable id', 'member dev-agent', 'by dev-agent'],
  ['an operator with axis', 'Rita Root', 'by Rita Root'],
])('%s is named', async (_, by, words) => {
  given({ by })
  expect(await told()).toContain(words)
  expect(screen.queryByRole('button', { name: 'Copy id' })).toBeNull()
})

test.each([
  ['a person', 'member', 'by a colleague'],
  ['a machine', 'api_key', 'by an API key'],
])('the id of %s is copied, not shown', async (_, kind, words) => {
  onTestFinished(() => toasts().forEach(({ key }) => dismiss(key)))
  const user = userEvent.setup()
  given({ by: `${kind} ${SOMEBODY}` })
  expect(await told()).toContain(words)
  expect(await told()).not.toContain(SOMEBODY)
  await user.click(screen.getByRole('button', { name: 'Copy id' }))
  await waitFor(() => expect(toasts()).toMatchObject([{ title: 'Id copied', detail: SOMEBODY }]))
  expect(await navigator.clipboard.readText()).toBe(SOMEBODY)
})
