import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage, anAnnouncement, instant } from '#test/samples.ts'

import { Conversation } from './Conversation.tsx'

test('a conversation that is deleted while it is open says so, and takes no more words', async () => {
  const here = aConversation()
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', () => HttpResponse.json(here)),
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ data: [aMessage({ content: 'Hello?' })], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
    http.untyped.get('*/api/v1/activity', () =>
      HttpResponse.json({ data: [], page: { limit: 50, nextCursor: null }, position: NOWHERE }),
    ),
  )
  const { live } = show(<Conversation id={here.id} />)
  await userEvent.type(await screen.findByRole('textbox', { name: 'Reply' }), 'On its way')
  const hear = (sequence: number, type: string) =>
    act(() => {
      const announcement = anAnnouncement({ type, conversation: { ...here, updatedAt: instant(sequence) } })
      live.take({ event: type, id: `e:${sequence}`, data: JSON.stringify(announcement) })
    })
  hear(1, 'conversation_deleted')
  expect(await screen.findByText(/^This conversation was deleted/)).toBeVisible()
  expect(screen.queryByRole('textbox', { name: 'Reply' })).toBeNull()
  expect(screen.getByText('On its way')).toBeVisible()
  expect(screen.getByText('Hello?')).toBeVisible()
  // Chatwoot has it after all.
  hear(2, 'conversation_updated')
  expect(await screen.findByRole('textbox', { name: 'Reply' })).toHaveValue('On its way')
})
