/** What somebody was not permitted to change, and tries again: they may be permitted by now. */
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { beforeEach, expect, test } from 'vitest'

import { asked as question, want, wantUnread } from '#desk/asked.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { renewing } from '#test/renewing.ts'
import { aConversation } from '#test/samples.ts'
import { dismiss, toasts } from '#ui/toasts.ts'
import { Toasts } from '#ui/Toasts.tsx'

import { Changes } from './Changes.tsx'

beforeEach(() => {
  question.set(null)
  for (const one of toasts()) dismiss(one.key)
})

test.each([
  ['a change', (id: string) => want([id], { status: 'resolved' })],
  ['a mark', (id: string) => wantUnread([id])],
])('%s is tried again with the roles of now', async (_, ask) => {
  const row = aConversation()
  const happened = renewing()
  const refuse = () => {
    happened.push('refused')
    return HttpResponse.json({ code: 'forbidden', detail: 'this needs the permission "conversations:update"' }, { status: 403 })
  }
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', () => HttpResponse.json(row)),
    http.untyped.patch('*/api/v1/conversations/:id', refuse),
    http.untyped.post('*/api/v1/conversations/:id/unread', refuse),
  )
  show(
    <>
      <Changes />
      <Toasts />
    </>,
  )
  await screen.findByRole('status')
  ask(row.id)
  await userEvent.click(await screen.findByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(happened).toEqual(['refused', 'token', 'roles', 'refused']))
})
