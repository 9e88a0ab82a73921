/** How far replays are, and how they ended. */
import { fireEvent, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import type { Replay as Run, ReplayWanted } from '#api/types.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { instant, uuid } from '#test/samples.ts'
import { exactly } from '#ui/time.ts'

import { Replay } from './Replay.tsx'

test('a replay that failed says why', async () => {
  const reason = '4 events were removed from INBOUND before the replay came to them'
  const run: Run = { id: uuid(), state: 'failed', target: 'all of it', by: 'Dev Admin', startedAt: instant(0), count: 3, reason }
  api.use(http.untyped.get('*/api/v1/operations/replays', () => HttpResponse.json({ data: [run] })))
  show(<Replay acts={false} />)
  expect(await screen.findByText('Failed: 3 events')).toBeVisible()
  expect(screen.getByText(reason)).toBeVisible()
})

describe('what is to be replayed', () => {
  /** An API that has more than the limit; what it was asked for. */
  function asking() {
    const asked: ReplayWanted[] = []
    const id = uuid()
    const run: Run = { id, state: 'running', target: 'all of it', by: 'Dev Admin', startedAt: instant(0), count: 0 }
    api.use(
      http.untyped.get('*/api/v1/operations/replays', () => HttpResponse.json({ data: [] })),
      http.untyped.get('*/api/v1/operations/accounts', () =>
        HttpResponse.json({ data: [{ id, baseUrl: 'https://chat.example.com', chatwootAccountId: 1, name: 'Acme', outbound: { pending: 0 }, breaker: { state: 'closed', failures: 0 } }] }),
      ),
      http.untyped.post('*/api/v1/operations/replay', async ({ request }) => {
        const wanted = (await request.json()) as ReplayWanted
        asked.push(wanted)
        return wanted.dryRun === false
          ? HttpResponse.json(run, { status: 202 })
          : HttpResponse.json({ by: [{ event: 'message_created', count: 1000 }], copies: 0, count: 1000, unreadable: 0, dryRun: true, ended: 'most', goOnFrom: instant(30) })
      }),
    )
    show(<Replay acts />)
    return asked
  }

  test('goes on where the rest begins, which is told until something else is wanted', async () => {
    const asked = asking()
    await screen.findByRole('option', { name: 'Acme' })
    await userEvent.click(screen.getByRole('button', { name: 'Count first' }))
    const rest = `Continue from ${exactly(instant(30))} (2026-09-01 09:00:30 UTC).`
    expect(await screen.findByText(rest, { exact: false })).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Replay 1,000 events' }))
    expect(await screen.findByText('The replay of these 1,000 has begun:')).toBeVisible()
    expect(screen.getByText(rest, { exact: false })).toBeVisible()
    expect(screen.queryByRole('button', { name: /^Replay/ })).toBeNull()
    await waitFor(() => expect(screen.getByRole('form', { name: 'Replay' })).toHaveFocus())
    expect(asked.map(({ dryRun }) => dryRun)).toEqual([true, false])
    await userEvent.click(screen.getByRole('button', { name: 'Count first' }))
    expect(await screen.findByRole('button', { name: 'Replay 1,000 events' })).toBeVisible()
    fireEvent.change(screen.getByLabelText('From'), { target: { value: '2026-09-01T09:00:30' } })
    expect(screen.queryByText(rest, { exact: false })).toBeNull()
  })

  test('is chosen to the second, and by instants, though an hour comes twice', async () => {
    vi.stubEnv('TZ', 'Europe/Berlin')
    onTestFinished(() => void vi.unstubAllEnvs())
    const asked = asking()
    await screen.findByRole('option', { name: 'Acme' })
    fireEvent.change(screen.getByLabelText('From'), { target: { value: '2026-10-25T02:30:15' } })
    fireEvent.change(screen.getByLabelText(/^To/), { target: { value: '2026-10-25T03:00:01' } })
    expect(screen.getByLabelText('From')).toHaveAccessibleDescription('2026-10-25 00:30:15 UTC')
    expect(screen.getByLabelText(/^To/)).toHaveAccessibleDescription('2026-10-25 02:00:01 UTC')
    await userEvent.click(screen.getByRole('button', { name: 'Count first' }))
    await waitFor(() => expect(asked).toMatchObject([{ from: '2026-10-25T00:30:15.000Z', to: '2026-10-25T02:00:01.000Z' }]))
  })
})

test('a replay that is running says how far it is', async () => {
  const run: Run = {
    id: uuid(),
    state: 'running',
    target: 'all of it',
    by: 'Dev Admin',
    startedAt: instant(0),
    count: 1200,
    progress: { done: 1500, total: 6000 },
  }
  api.use(http.untyped.get('*/api/v1/operations/replays', () => HttpResponse.json({ data: [run] })))
  show(<Replay acts={false} />)
  expect(await screen.findByText('Running: 1,200 events')).toBeVisible()
  expect(screen.getByText('1,500 of 6,000 looked at')).toBeVisible()
  expect(screen.getByRole('progressbar', { name: 'Replay' })).toHaveAttribute('aria-valuenow', '25')
})
