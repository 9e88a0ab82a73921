/** What can be done without a network about a reply that waits for one. */
import { onlineManager } from '@tanstack/react-query'
import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import type { CreateMessage } from '#api/types.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aMessage, uuid } from '#test/samples.ts'

import { ALL_SEEN } from './lines.ts'
import { Thread } from './Thread.tsx'

const HERE = uuid(1)

/** A thread whose network has gone before two replies were written; what the API is sent once it is back. */
async function written() {
  const sent: string[] = []
  api.use(
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ data: [], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
    http.untyped.post('*/api/v1/conversations/:id/messages', async ({ request }) => {
      const { content, clientId = null } = (await request.json()) as CreateMessage
      sent.push(content)
      return HttpResponse.json(aMessage({ conversationId: HERE, content, clientId }), { status: 201 })
    }),
  )
  const onEdit = vi.fn()
  const { live } = show(<Thread conversationId={HERE} contactId={HERE} chatwootUrl={null} unread={ALL_SEEN} onEdit={onEdit} />)
  await screen.findByText('No messages yet')
  onTestFinished(live.outbox.start())
  const online = vi.spyOn(navigator, 'onLine', 'get')
  const turn = (on: boolean) =>
    act(() => {
      online.mockReturnValue(on)
      window.dispatchEvent(new Event(on ? 'online' : 'offline'))
    })
  // Nobody tells it once the page is gone.
  onTestFinished(() => onlineManager.setOnline(true))
  turn(false)
  act(() => ['Too early', 'In time'].forEach((content) => live.outbox.send(HERE, content, false)))
  return { sent, onEdit, reconnect: () => turn(true) }
}

test.each(['Discard', 'Edit'])('%s keeps it from going out', async (name) => {
  const { sent, onEdit, reconnect } = await written()
  await userEvent.click(screen.getAllByRole('button', { name })[0]!)
  await waitFor(() => expect(screen.queryByText('Too early')).toBeNull())
  expect(onEdit.mock.calls).toMatchObject(name === 'Edit' ? [[{ content: 'Too early' }]] : [])
  reconnect()
  await waitFor(() => expect(sent).toContain('In time'))
  expect(sent).toEqual(['In time'])
})
