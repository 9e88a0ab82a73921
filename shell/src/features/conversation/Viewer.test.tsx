/** A person who may read and do nothing else. */
import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { Permission } from '#api/types.ts'
import { begin } from '#auth/session.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage } from '#test/samples.ts'

import { Conversation } from './Conversation.tsx'

async function open(permissions: Permission[]) {
  const row = aConversation()
  const asked: string[] = []
  const message = aMessage({ conversationId: row.id, content: 'Can you read me?' })
  api.use(
    http.untyped.get('*/api/v1/auth/config', () => HttpResponse.json({ mode: 'dev' })),
    http.untyped.get('*/api/v1/me', () => HttpResponse.json({ id: 'vera', name: 'Vera Viewer', kind: 'person', tenantId: 'acme', permissions })),
    http.get('/api/v1/conversations/{id}', ({ response }) => response(200).json(row)),
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: [message], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
    http.untyped.get('*/api/v1/activity', () => HttpResponse.json({ data: [], page: { limit: 50, nextCursor: null }, position: NOWHERE })),
    http.untyped.get('*/api/v1/drafts', () => {
      asked.push('drafts')
      return HttpResponse.json({ data: [], page: { limit: 100 } })
    }),
    http.untyped.get('*/api/v1/approvals', ({ request }) => {
      if (new URL(request.url).searchParams.get('type') === 'proposed_reply') asked.push('approvals')
      return HttpResponse.json({ data: [], page: { limit: 100 } })
    }),
  )
  await begin(() => undefined)
  show(<Conversation id={row.id} />)
  await screen.findByText('Can you read me?')
  return asked
}

test('who may not reply reads, and is offered no field to write in', async () => {
  const asked = await open(['conversations:read'])
  expect(screen.getByText('You can read this conversation but not reply.')).toBeInTheDocument()
  expect(screen.queryByRole('textbox', { name: 'Reply' })).not.toBeInTheDocument()
  expect(asked).toEqual([])
})

test('who may reply and not ask for approval is not offered to', async () => {
  await open(['conversations:read', 'conversations:reply', 'conversations:update'])
  const user = userEvent.setup()
  await user.type(await screen.findByRole('textbox', { name: 'Reply' }), 'Hello')
  await user.click(screen.getByRole('button', { name: 'More ways to send' }))
  expect(await screen.findByRole('menuitem', { name: 'Send and resolve' })).toBeInTheDocument()
  expect(screen.queryByRole('menuitem', { name: 'Ask for approval…' })).not.toBeInTheDocument()
})
