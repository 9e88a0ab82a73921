import { onlineManager } from '@tanstack/react-query'
import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aMessage, uuid } from '#test/samples.ts'

import { ALL_SEEN } from './lines.ts'
import { Thread } from './Thread.tsx'

const HERE = uuid(1)

function open() {
  return show(<Thread conversationId={HERE} contactId={HERE} chatwootUrl={null} unread={ALL_SEEN} onEdit={vi.fn()} />)
}

test('what was written shows though the thread cannot be had', async () => {
  let broken = true
  api.use(
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      broken
        ? HttpResponse.json({ code: 'unavailable', detail: 'not now' }, { status: 503 })
        : HttpResponse.json({ data: [aMessage({ content: 'Hello?' })], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
  )
  const { live } = open()
  await screen.findByText('Messages did not load')
  live.outbox.send(HERE, 'On its way', false)
  expect(await screen.findByText('On its way')).toBeVisible()
  broken = false
  await userEvent.click(screen.getByRole('button', { name: 'Messages did not load. Try again' }))
  expect(await screen.findByText('Hello?')).toBeVisible()
  expect(screen.getByText('On its way')).toBeVisible()
})

test('and though there is no network to have it by', async () => {
  onlineManager.setOnline(false)
  onTestFinished(() => onlineManager.setOnline(true))
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  onTestFinished(() => void vi.restoreAllMocks())
  const { live } = open()
  await screen.findByRole('status', { name: 'Loading messages' })
  live.outbox.send(HERE, 'On its way', false)
  expect(await screen.findByText('On its way')).toBeVisible()
})
