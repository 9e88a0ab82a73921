/** What waits only for what was asked for before it. */
import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'

import type { Message } from '#api/types.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage, instant } from '#test/samples.ts'

import { Conversation } from './Conversation.tsx'

const HERE = aConversation()
const REASON = 'what comes before it waits: Chatwoot is busy'

function given(message: Partial<Message>): Message {
  const waiting = aMessage({
    chatwootId: null, messageType: 'outgoing', conversationId: HERE.id, createdAt: instant(1), state: 'retrying', stateReason: REASON, ...message,
  })
  api.use(
    http.get('/api/v1/conversations/{id}', ({ response }) => response(200).json(HERE)),
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: [waiting], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
  )
  show(<Conversation id={HERE.id} />)
  return waiting
}

const EARLIER = 'Waiting for the reply or change before it, which is tried again'

test.each([
  ['in a while', 600, `${EARLIER} in 10 min`],
  ['about now', -1, `${EARLIER} now`],
  ['at a time that is not known', -60, `${EARLIER}: Chatwoot is busy. This one follows by itself.`],
])('what is tried again %s is not the message that waits for it', async (_, seconds, words) => {
  given({ nextAttemptAt: new Date(Date.now() + seconds * 1_000).toISOString() })
  expect(await screen.findByText(words)).toBeVisible()
  expect(screen.getByText(/: Chatwoot is busy. This one follows by itself.$/)).toBeVisible()
  expect(screen.queryByText(/^Trying again/)).toBeNull()
})

test('the earlier one can be tried at once', async () => {
  const waiting = given({})
  const tried = vi.fn(() => HttpResponse.json({ ...waiting, state: 'queued', stateReason: null, updatedAt: instant(9) }, { status: 202 }))
  api.use(http.untyped.post('*/messages/:messageId/retry', tried))
  await userEvent.click(await screen.findByRole('button', { name: 'Try the earlier one now' }))
  expect(await screen.findByText('Waiting to be sent')).toBeVisible()
  expect(tried).toHaveBeenCalledOnce()
})

test('what waits for itself is tried again itself', async () => {
  given({ stateReason: 'Chatwoot is busy' })
  expect(await screen.findByText('Trying again: Chatwoot is busy')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Send now' })).toBeVisible()
})
