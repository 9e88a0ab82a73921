import { screen } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aMessage, uuid } from '#test/samples.ts'

import { ALL_SEEN } from './lines.ts'
import { Thread } from './Thread.tsx'

const HERE = uuid(1)
const MINUTE = 60_000

test.each([
  ['right', 0],
  ['slow', -5 * MINUTE],
  ['fast', 5 * MINUTE],
  ['right again', 0],
])('the time to undo a reply is counted by the clock of the API, while that of the browser is %s', async (_, wrong) => {
  const there = Date.UTC(2026, 8, 1, 9)
  vi.useFakeTimers({ now: there + 400 + wrong, toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const at = (seconds: number) => new Date(there + seconds * 1_000)
  const message = aMessage({
    chatwootId: null, messageType: 'outgoing', state: 'queued', updatedAt: at(0).toISOString(), nextAttemptAt: at(5).toISOString(),
  })
  api.use(
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ data: [message], page: { limit: 50, hasMore: false }, position: NOWHERE }, { headers: { date: at(0).toUTCString() } }),
    ),
  )
  show(<Thread conversationId={HERE} contactId={HERE} chatwootUrl={null} unread={ALL_SEEN} onEdit={() => undefined} />)
  expect(await screen.findByText('Sending in 5 s')).toBeVisible()
})
