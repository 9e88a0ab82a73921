import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, instant } from '#test/samples.ts'

import { Conversation } from './Conversation.tsx'

test('the key that leads back leads back, and inserts none of what is offered', async () => {
  const here = aConversation()
  const refund = { accountId: here.accountId, chatwootId: 1, shortCode: 'refund', content: 'The money is on its way', updatedAt: instant(0) }
  api.use(
    http.get('/api/v1/conversations/{id}', ({ response }) => response(200).json(here)),
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: [], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
    http.untyped.get('*/api/v1/canned-responses', () => HttpResponse.json({ data: [refund] })),
  )
  show(<Conversation id={here.id} />)
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
