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
import { toasts } from '#ui/toasts.ts'

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
  const { live, unmount } = show(<Thread conversationId={HERE} contactId={HERE} chatwootUrl={null} unread={ALL_SEEN} onEdit={onEdit} />)
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
  return { live, sent, onEdit, unmount, reconnect: () => turn(true) }
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

test('that it could not be taken back is told whoever has gone elsewhere', async () => {
  const { live, sent, unmount, reconnect } = await written()
  let refuse: () => void = () => undefined
  const refused = new Promise<void>((go) => (refuse = go))
  // Nobody knows whether the first try arrived.
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', () => HttpResponse.json({}, { status: 502 }), { once: true }),
    http.untyped.get('*/api/v1/conversations/:id/messages', async () => {
      await refused
      return HttpResponse.json({ code: 'invalid', detail: 'not now' }, { status: 422 })
    }),
  )
  reconnect()
  await waitFor(() => expect(live.outbox.of(HERE)).toMatchObject([{ unsure: true, state: 'waiting' }, {}]))
  await userEvent.click((await screen.findAllByRole('button', { name: 'Discard' }))[0]!)
  unmount()
  refuse()
  await waitFor(() => expect(toasts()).toMatchObject([{ title: 'Not taken back: a message', detail: 'not now', bad: true }]))
  await waitFor(() => expect(sent).toContain('Too early'))
})
