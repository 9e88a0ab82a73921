import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { describe, expect, test } from 'vitest'

import type { Activity } from '#api/types.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { mayOnly } from '#test/may.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage, anAnnouncement, instant, uuid } from '#test/samples.ts'

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

describe('a conversation that was deleted before it was opened', () => {
  /** Opens it; its timeline, newest first, says this. */
  function open(...lines: Pick<Activity, 'type' | 'source'>[]) {
    const here = aConversation()
    api.use(
      http.untyped.get('*/api/v1/conversations/:id', () => HttpResponse.json(here)),
      http.untyped.get('*/api/v1/conversations/:id/messages', () =>
        HttpResponse.json({ data: [aMessage({ content: 'Hello?' })], page: { limit: 50, hasMore: false }, position: NOWHERE }),
      ),
      http.untyped.get('*/api/v1/activity', () => {
        const data = lines.map((line, index) => ({ ...line, id: uuid(), data: {}, occurredAt: instant(lines.length - index) }))
        return HttpResponse.json({ data, page: { limit: 50, nextCursor: null }, position: NOWHERE })
      }),
    )
    show(<Conversation id={here.id} />)
  }
  const DELETED = { type: 'conversation_deleted', source: 'chatwoot' }

  test('says so, whatever was tried here since', async () => {
    open({ type: 'command_failed', source: 'axis' }, DELETED, { type: 'message_created', source: 'chatwoot' })
    expect(await screen.findByText(/^This conversation was deleted in Chatwoot/)).toBeVisible()
    expect(screen.queryByRole('textbox', { name: 'Reply' })).toBeNull()
    expect(screen.getByText('Hello?')).toBeVisible()
  })

  test('says so to who may only read, too', async () => {
    mayOnly('conversations:read', 'activity:read')
    open(DELETED)
    expect(await screen.findByText(/^This conversation was deleted in Chatwoot/)).toBeVisible()
  })

  test('takes words again once Chatwoot tells of it', async () => {
    open({ type: 'message_created', source: 'chatwoot' }, DELETED)
    await screen.findAllByText('Conversation deleted')
    expect(screen.getByRole('textbox', { name: 'Reply' })).toBeVisible()
    expect(screen.queryByText(/^This conversation was deleted/)).toBeNull()
  })
})
