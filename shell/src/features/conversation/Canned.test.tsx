import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { CannedResponse, Conversation as Shown } from '#api/types.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage, instant, uuid } from '#test/samples.ts'

import { Conversation } from './Conversation.tsx'

/** Shows a conversation with these canned responses. */
function given(canned: Partial<CannedResponse>[] = [], shown: Partial<Shown> = {}) {
  const here = aConversation(shown)
  const data = canned.map((one) => ({ accountId: here.accountId, chatwootId: 1, updatedAt: instant(0), ...one }))
  api.use(
    http.get('/api/v1/conversations/{id}', ({ response }) => response(200).json(here)),
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: [], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
    http.untyped.get('*/api/v1/canned-responses', () => HttpResponse.json({ data })),
  )
  return { id: here.id, ...show(<Conversation id={here.id} />) }
}

test('the key that leads back leads back, and inserts none of what is offered', async () => {
  given([{ shortCode: 'refund', content: 'The money is on its way' }])
  const field = await screen.findByRole('textbox', { name: 'Reply' })
  await userEvent.type(field, '/')
  await screen.findByRole('listbox', { name: 'Canned responses' })
  await userEvent.tab({ shift: true })
  expect(field).toHaveValue('/')
  expect(screen.getByRole('button', { name: 'Note' })).toHaveFocus()
  await userEvent.tab()
  await screen.findByRole('listbox', { name: 'Canned responses' })
  await userEvent.tab()
  expect(field).toHaveValue('The money is on its way')
})

test('another letter highlights what fits best by then, wherever the keys or the pointer were before', async () => {
  given(['call', 'refund', 'refuse', 'thanks'].map((shortCode, index) => ({ chatwootId: index, shortCode, content: `This is ${shortCode}` })))
  const field = await screen.findByRole('textbox', { name: 'Reply' })
  const chosen = () => screen.getAllByRole('option').find((one) => one.getAttribute('aria-selected') === 'true')
  await userEvent.type(field, '/')
  await screen.findByRole('listbox', { name: 'Canned responses' })
  await userEvent.keyboard('{ArrowDown}{ArrowDown}')
  expect(chosen()).toHaveTextContent('/refuse')
  await userEvent.keyboard('ref')
  expect(screen.getAllByRole('option')).toHaveLength(2)
  expect(chosen()).toHaveTextContent('/refund')
  await userEvent.keyboard('{ArrowDown}{Enter}')
  expect(field).toHaveValue('This is refuse')
})

test('what only opened the list is gone with the conversation', async () => {
  const { id, live, unmount } = given()
  await userEvent.type(await screen.findByRole('textbox', { name: 'Reply' }), '/')
  expect(live.drafts.of(id, 'reply')).toBe('/')
  await userEvent.click(screen.getByRole('button', { name: 'Note' }))
  expect(screen.getByRole('button', { name: 'Reply' })).not.toHaveAttribute('title')
  unmount()
  expect(live.drafts.of(id, 'reply')).toBe('')
})

test.each(['{{conversation.custom_attribute.risk}}', '{{nothing}}'])('a customer called %s is greeted so, and with nothing else', async (name) => {
  const contact = { id: uuid(), name, thumbnail: null }
  given([{ shortCode: 'hello', content: 'Hello {{contact.name}}!' }], { contact, customAttributes: { risk: 'high' } })
  const sent: string[] = []
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', async ({ request }) => {
      const { content, clientId } = (await request.json()) as { content: string; clientId: string }
      sent.push(content)
      return HttpResponse.json(aMessage({ messageType: 'outgoing', content, clientId, state: 'sent' }), { status: 201 })
    }),
  )
  const field = await screen.findByRole('textbox', { name: 'Reply' })
  await userEvent.type(field, '/')
  const asItLooks = (text: string | null) => text?.replaceAll('\u2060', '')
  expect(asItLooks((await screen.findByRole('note', { name: 'Preview' })).textContent)).toBe(`Hello ${name}!`)
  await userEvent.keyboard('{Enter}{Control>}{Enter}{/Control}')
  await waitFor(() => expect(sent.map(asItLooks)).toEqual([`Hello ${name}!`]))
  expect(sent[0]).not.toContain('{{')
})
