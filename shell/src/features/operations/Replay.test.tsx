/** How far replays are, and how they ended. */
import { screen } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { Replay as Run } from '#api/types.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { instant, uuid } from '#test/samples.ts'

import { Replay } from './Replay.tsx'

test('a replay that failed says why', async () => {
  const reason = '4 events were removed from INBOUND before the replay came to them'
  const run: Run = { id: uuid(), state: 'failed', target: 'all of it', by: 'Dev Admin', startedAt: instant(0), count: 3, reason }
  api.use(http.untyped.get('*/api/v1/operations/replays', () => HttpResponse.json({ data: [run] })))
  show(<Replay acts={false} />)
  expect(await screen.findByText('Failed: 3 events')).toBeVisible()
  expect(screen.getByText(reason)).toBeVisible()
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
