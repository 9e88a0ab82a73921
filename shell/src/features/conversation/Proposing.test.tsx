import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage } from '#test/samples.ts'

import { Conversation } from './Conversation.tsx'

const ASK = 'Ask for approval'

/** Asks for approval of what is written; the field for the reason. */
async function propose() {
  await userEvent.click(screen.getByRole('button', { name: 'More ways to send' }))
  await userEvent.click(await screen.findByRole('menuitem', { name: `${ASK}…` }))
  return within(await screen.findByRole('dialog', { name: ASK })).getByRole('textbox')
}

test('a reason that was begun is kept for its reply, and not for the one after it', async () => {
  const row = aConversation()
  let sent = 0
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', () => HttpResponse.json(row)),
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ data: [], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
    http.untyped.post('*/api/v1/conversations/:id/messages', async ({ request }) => {
      sent += 1
      const { content, clientId } = (await request.json()) as { content: string; clientId: string }
      const message = aMessage({ conversationId: row.id, messageType: 'outgoing', content, clientId, state: 'sent' })
      return HttpResponse.json(message, { status: 201 })
    }),
  )
  show(<Conversation id={row.id} />)
  const field = await screen.findByRole('textbox', { name: 'Reply' })
  await userEvent.type(field, 'We refund it.')
  await userEvent.type(await propose(), 'It is 300 €.')
  await userEvent.keyboard('{Escape}')
  expect(await propose()).toHaveValue('It is 300 €.')
  await userEvent.keyboard('{Escape}')
  await userEvent.type(field, '{Control>}{Enter}{/Control}')
  await waitFor(() => expect(sent).toBe(1))
  await userEvent.type(field, 'Anything else?')
  expect(await propose()).toHaveValue('')
})
