/** How replays ended. */
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
