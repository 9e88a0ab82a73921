/** Where the focus goes when the element that had it disappears. */
import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'

import type { Message } from '#api/types.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aMessage, uuid } from '#test/samples.ts'
import { soon } from '#test/soon.ts'

import { ALL_SEEN } from './lines.ts'
import { Thread } from './Thread.tsx'

async function given(...messages: Message[]) {
  api.use(
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ data: messages, page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
    http.untyped.post('*/api/v1/conversations/:id/messages', () => HttpResponse.json({ code: 'unavailable', detail: 'not now' }, { status: 503 })),
  )
  const { live } = show(
    <>
      <Thread conversationId={uuid(1)} contactId={uuid(2)} chatwootUrl={null} unread={ALL_SEEN} onEdit={vi.fn()} />
      <button type="button">Elsewhere</button>
    </>,
  )
  return { live, log: await screen.findByRole('log') }
}

test('the thread has the focus once what was pressed in it is gone with its message', async () => {
  const { live, log } = await given(aMessage({ content: 'Hello?' }))
  live.outbox.send(uuid(1), 'Too early', false)
  const discard = await screen.findByRole('button', { name: 'Discard' })
  discard.focus()
  await userEvent.keyboard('{Enter}')
  await soon(() => expect(screen.queryByText('Too early')).toBeNull())
  await soon(() => expect(log).toHaveFocus())
})

test('and once it is gone alone', async () => {
  const email = { subject: 'A tent', html_content: { full: '<p>Look:</p><img src="https://example.com/tent.png">' } }
  const { log } = await given(aMessage({ contentType: 'incoming_email', content: 'Look:', contentAttributes: { email } }))
  const load = await screen.findByRole('button', { name: 'Load it' })
  load.focus()
  await userEvent.keyboard('{Enter}')
  expect(screen.queryByRole('button', { name: 'Load it' })).toBeNull()
  await soon(() => expect(log).toHaveFocus())
})

test('what goes there takes the focus from nothing else', async () => {
  const { live } = await given(aMessage({ content: 'Hello?' }))
  live.outbox.send(uuid(1), 'Too early', false)
  ;(await screen.findByRole('button', { name: 'Discard' })).focus()
  const elsewhere = screen.getByRole('button', { name: 'Elsewhere' })
  elsewhere.focus()
  live.outbox.of(uuid(1)).forEach((written) => live.outbox.discard(written))
  await soon(() => expect(screen.queryByText('Too early')).toBeNull())
  expect(elsewhere).toHaveFocus()
})
