/** Whoever gets another role while they write. */
import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { begin, withRolesOfNow } from '#auth/session.ts'
import { Conversation } from '#features/conversation/Conversation.tsx'
import { Frame } from '#features/frame/Frame.tsx'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage } from '#test/samples.ts'

test('who may no longer reply ends the sentence, and can read it then', async () => {
  const here = aConversation()
  let permissions = ['conversations:read', 'conversations:reply']
  api.use(
    http.untyped.get('*/api/v1/auth/config', () => HttpResponse.json({ mode: 'dev' })),
    http.untyped.get('*/api/v1/me', () => HttpResponse.json({ id: 'ana', name: 'Ana Beispiel', permissions })),
    http.untyped.get('*/api/v1/chatwoot', () => HttpResponse.json({ data: [] })),
    http.untyped.get('*/api/v1/health', () => HttpResponse.json({ status: 'ok', checks: {} })),
    http.untyped.get('*/api/v1/conversations/:id', () => HttpResponse.json(here)),
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ data: [aMessage({ content: 'Hello?' })], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
  )
  await begin(() => undefined)
  show(
    <Frame>
      <Conversation id={here.id} />
    </Frame>,
  )
  const field = await screen.findByRole('textbox', { name: 'Reply' })
  await userEvent.type(field, 'We re')
  permissions = ['conversations:read', 'approvals:decide']
  await act(() => withRolesOfNow())
  await userEvent.keyboard('fund it')
  expect(field).toHaveFocus()
  expect(field).toHaveValue('We refund it')
  act(() => field.blur())
  expect(await screen.findByText('You can read this conversation but not reply.')).toBeVisible()
  expect(screen.queryByRole('textbox', { name: 'Reply' })).toBeNull()
  expect(screen.getByRole('note', { name: 'Your reply:' })).toHaveTextContent('We refund it')
})
