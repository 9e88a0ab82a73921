import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { describe, expect, test } from 'vitest'

import type { Activity, Announcement, Conversation as Shown } from '#api/types.ts'
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
  await userEvent.click(await screen.findByRole('button', { name: 'Note' }))
  await userEvent.type(await screen.findByRole('textbox', { name: 'Note' }), 'Ask Ana')
  await userEvent.click(screen.getByRole('button', { name: 'Reply' }))
  await userEvent.type(await screen.findByRole('textbox', { name: 'Reply' }), 'On its way')
  const hear = (sequence: number, type: string) =>
    act(() => {
      const announcement = anAnnouncement({ type, conversation: { ...here, updatedAt: instant(sequence) } })
      live.take({ event: type, id: `e:${sequence}`, data: JSON.stringify(announcement) })
    })
  hear(1, 'conversation_deleted')
  expect(await screen.findByText(/^This conversation was deleted/)).toBeVisible()
  expect(screen.queryByRole('textbox', { name: 'Reply' })).toBeNull()
  expect(screen.getByRole('note', { name: 'Your reply:' })).toHaveTextContent('On its way')
  expect(screen.getByRole('note', { name: 'Your note:' })).toHaveTextContent('Ask Ana')
  expect(screen.getByText('Hello?')).toBeVisible()
  // Chatwoot has it after all.
  hear(2, 'conversation_updated')
  expect(await screen.findByRole('textbox', { name: 'Reply' })).toHaveValue('On its way')
})

describe('a conversation that was deleted before it was opened', () => {
  /** Opens it; its timeline, newest first, has these lines. */
  async function open(given: Partial<Shown>, ...lines: Pick<Activity, 'type' | 'source'>[]) {
    let here = aConversation(given)
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
    const { live } = show(<Conversation id={here.id} />)
    expect(await screen.findByText('Hello?')).toBeVisible()
    return {
      now: (next: Partial<Shown>) => (here = { ...here, ...next }),
      reset: () => act(() => live.take({ event: 'reset', id: 'f:0', data: '{}' })),
      hear: (sequence: number, told: Partial<Announcement>) =>
        act(() => live.take({ event: 'x', id: `e:${sequence}`, data: JSON.stringify(anAnnouncement({ conversationId: here.id, ...told })) })),
      row: (next: Partial<Shown>) => ({ ...here, ...next }),
    }
  }
  const says = () => screen.queryByText(/^This conversation was deleted in Chatwoot/) !== null

  test('says so, to who may only read, too', async () => {
    mayOnly('conversations:read')
    await open({ deleted: true })
    expect(says()).toBe(true)
    expect(screen.queryByRole('textbox', { name: 'Reply' })).toBeNull()
  })

  test('takes words again once Chatwoot has it again', async () => {
    const { hear, row } = await open({ deleted: true })
    hear(1, { type: 'command_failed', source: 'axis', conversation: row({ deleted: true, updatedAt: instant(1) }) })
    expect(says()).toBe(true)
    hear(2, { type: 'conversation_refreshed', source: 'axis', conversation: row({ deleted: false, updatedAt: instant(2) }) })
    expect(await screen.findByRole('textbox', { name: 'Reply' })).toBeVisible()
    expect(says()).toBe(false)
  })

  test('takes words if Chatwoot has it again, whatever its timeline ends with', async () => {
    await open({}, { type: 'conversation_deleted', source: 'chatwoot' }, { type: 'conversation_created', source: 'chatwoot' })
    await screen.findAllByText('Conversation deleted')
    expect(screen.getByRole('textbox', { name: 'Reply' })).toBeVisible()
    expect(says()).toBe(false)
  })

  test('or was while it was open, and takes words if Chatwoot has it again when the stream has lost its place', async () => {
    const { now, hear, reset } = await open({})
    hear(1, { type: 'conversation_deleted' })
    expect(says()).toBe(true)
    now({ deleted: true, updatedAt: instant(1) })
    reset()
    await waitFor(() => expect(says()).toBe(true))
    now({ deleted: false, updatedAt: instant(2) })
    reset()
    expect(await screen.findByRole('textbox', { name: 'Reply' })).toBeVisible()
  })
})
