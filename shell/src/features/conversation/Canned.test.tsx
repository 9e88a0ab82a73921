import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { CannedResponse } from '#api/types.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, instant } from '#test/samples.ts'

import { Conversation } from './Conversation.tsx'

/** Shows a conversation with these canned responses. */
function given(canned: Partial<CannedResponse>[] = []) {
  const here = aConversation()
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

test('what only opened the list is gone with the conversation', async () => {
  const { id, live, unmount } = given()
  await userEvent.type(await screen.findByRole('textbox', { name: 'Reply' }), '/')
  expect(live.drafts.of(id, 'reply')).toBe('/')
  await userEvent.click(screen.getByRole('button', { name: 'Note' }))
  expect(screen.getByRole('button', { name: 'Reply' })).not.toHaveAttribute('title')
  unmount()
  expect(live.drafts.of(id, 'reply')).toBe('')
})
