/** What Chatwoot has, and its channel did not deliver. */
import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { beforeEach, expect, test, vi } from 'vitest'

import type { Message } from '#api/types.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { renewing } from '#test/renewing.ts'
import { aConversation, aMessage, instant } from '#test/samples.ts'
import { soon } from '#test/soon.ts'

import { Conversation } from './Conversation.tsx'

// Another one each time: drafts live as long as the page.
let HERE = aConversation()
beforeEach(() => {
  HERE = aConversation()
})

function given(messages: Message[]) {
  api.use(
    http.get('/api/v1/conversations/{id}', ({ response }) => response(200).json(HERE)),
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: messages, page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
  )
}

const mine = (message: Partial<Message>) =>
  aMessage({ chatwootId: 9, messageType: 'outgoing', content: 'undelivered', conversationId: HERE.id, createdAt: instant(1), ...message })

test('what the channel did not deliver is deleted in Chatwoot, and written anew', async () => {
  const lost = mine({ state: 'failed' })
  given([lost])
  api.use(
    http.untyped.delete('*/messages/:messageId', () =>
      HttpResponse.json({ ...lost, content: null, deleted: true, updatedAt: instant(9) }, { status: 202 }),
    ),
  )
  show(<Conversation id={HERE.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Edit and resend' }))
  expect(await screen.findByText('This message was deleted')).toBeVisible()
  expect(screen.getByRole('textbox', { name: 'Reply' })).toHaveValue('undelivered')
})

test('whoever could not discard it for want of a role can once they have it', async () => {
  const lost = mine({ state: 'failed' })
  given([lost])
  const happened = renewing()
  api.use(
    http.untyped.delete('*/messages/:messageId', () =>
      happened.includes('token')
        ? HttpResponse.json({ ...lost, content: null, deleted: true, updatedAt: instant(9) }, { status: 202 })
        : HttpResponse.json({ status: 403, code: 'forbidden', detail: 'you may not reply' }, { status: 403 }),
    ),
  )
  show(<Conversation id={HERE.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Discard' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('you may not reply')
  await soon(() => expect(happened).toEqual(['token', 'roles']))
  await userEvent.click(screen.getByRole('button', { name: 'Discard' }))
  expect(await screen.findByText('This message was deleted')).toBeVisible()
})

test('what the channel did not deliver is handed to it again, or not after all', async () => {
  const lost = mine({ state: 'failed', attempts: 1 })
  given([lost])
  const cancelled = vi.fn(() => {
    given([{ ...lost, updatedAt: instant(11) }])
    return new HttpResponse(null, { status: 204 })
  })
  api.use(
    http.untyped.post('*/messages/:messageId/retry', () =>
      HttpResponse.json({ ...lost, state: 'queued', updatedAt: instant(9) }, { status: 202 }),
    ),
    http.untyped.post('*/messages/:messageId/cancel', cancelled),
  )
  show(<Conversation id={HERE.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Retry' }))
  expect(await screen.findByText('Waiting to be sent')).toBeVisible()
  expect(screen.queryByRole('button', { name: /Retry|Undo|Discard/ })).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  expect(await screen.findByText('Not sent')).toBeVisible()
  expect(screen.getByText('undelivered')).toBeVisible()
  expect(screen.getByRole('textbox', { name: 'Reply' })).toHaveValue('')
  expect(cancelled).toHaveBeenCalledOnce()
})

test('what is tried again already is told when that is not to be stopped', async () => {
  given([mine({ state: 'retrying', attempts: 1 })])
  api.use(
    http.untyped.post('*/messages/:messageId/cancel', () =>
      HttpResponse.json({ status: 409, code: 'not-cancellable', detail: 'it has left already' }, { status: 409 }),
    ),
  )
  show(<Conversation id={HERE.id} />)
  expect(await screen.findByRole('button', { name: 'Send now' })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('it has left already')
  expect(screen.getByText('undelivered')).toBeVisible()
})

test('tries to reach Chatwoot are none of its channel', async () => {
  given([mine({ state: 'retrying', attempts: 1, maxAttempts: 6, stateReason: 'The channel is busy' })])
  show(<Conversation id={HERE.id} />)
  expect(await screen.findByText('Trying again: The channel is busy')).toBeVisible()
})
