/** Answers that come when whoever asked has closed what asked for them. */
import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { beforeEach, expect, test } from 'vitest'

import type { Conversation as Shown, Message } from '#api/types.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { held } from '#test/held.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage, anAnnouncement, anApproval, instant } from '#test/samples.ts'
import { dismiss, toasts } from '#ui/toasts.ts'

import { Conversation } from './Conversation.tsx'
import { Reading } from './Reading.tsx'

beforeEach(() => {
  for (const one of toasts()) dismiss(one.key)
})

const own = { chatwootId: 5, messageType: 'outgoing', author: { type: 'member', id: 'dev-admin', name: 'Dev Admin' } } as const
const refusal = () => HttpResponse.json({ code: 'invalid', detail: 'It is too late' }, { status: 422 })

/** An API with this conversation, and one answer that waits: to what is asked for at this path. */
function given(message: Partial<Message>, path: string): Shown & { come: (answer: Response) => void; asked: () => number } {
  const row = aConversation()
  const { answer, come } = held()
  let asked = 0
  api.use(
    http.get('/api/v1/conversations/{id}', ({ response }) => response(200).json(row)),
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: [aMessage({ ...message, conversationId: row.id })], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
    ...[http.untyped.post, http.untyped.delete].map((way) =>
      way(path, () => {
        asked += 1
        return answer()
      }),
    ),
  )
  return { ...row, come, asked: () => asked }
}

/** Asks for approval, and closes the sheet before there is an answer. */
async function proposed() {
  const row = given({}, '*/api/v1/approvals')
  const { live } = show(<Conversation id={row.id} />)
  await userEvent.type(await screen.findByRole('textbox', { name: 'Reply' }), 'We refund it.')
  await userEvent.click(screen.getByRole('button', { name: 'More ways to send' }))
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Ask for approval…' }))
  const dialog = within(await screen.findByRole('dialog'))
  await userEvent.type(dialog.getByRole('textbox'), 'It is much.{Control>}{Enter}{/Control}')
  await waitFor(() => expect(row.asked()).toBe(1))
  await userEvent.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  return { ...row, drafts: live.drafts }
}

test('what is written after approval was asked for is not lost when it is there', async () => {
  const { id, come, drafts } = await proposed()
  await userEvent.type(screen.getByRole('textbox', { name: 'Reply' }), ' Tomorrow.')
  come(HttpResponse.json(anApproval(), { status: 201 }))
  await waitFor(() => expect(toasts()).toMatchObject([{ title: 'Approval requested' }]))
  expect(drafts.of(id, 'reply')).toBe('We refund it. Tomorrow.')
})

test('that no approval was asked for is told, and the reply stays', async () => {
  const { id, come, drafts } = await proposed()
  come(refusal())
  await waitFor(() => expect(toasts()).toMatchObject([{ title: 'Approval not requested', detail: 'It is too late', bad: true }]))
  expect(drafts.of(id, 'reply')).toBe('We refund it.')
})

test('a proposal that got no answer and is made anew, in another sheet, is the same request', async () => {
  const { id } = given({}, '*/api/v1/none')
  const keys: (string | null)[] = []
  api.use(
    http.untyped.post('*/api/v1/approvals', ({ request }) => {
      keys.push(request.headers.get('idempotency-key'))
      return keys.length === 1 ? HttpResponse.error() : HttpResponse.json(anApproval(), { status: 201 })
    }),
  )
  show(<Conversation id={id} />)
  await userEvent.type(await screen.findByRole('textbox', { name: 'Reply' }), 'We refund it.')
  for (const count of [1, 2]) {
    await userEvent.click(screen.getByRole('button', { name: 'More ways to send' }))
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Ask for approval…' }))
    const reason = within(await screen.findByRole('dialog')).getByRole('textbox')
    await userEvent.clear(reason)
    await userEvent.type(reason, 'It is much.{Control>}{Enter}{/Control}')
    await waitFor(() => expect(keys).toHaveLength(count))
    if (count === 1) await screen.findByText('the server cannot be reached')
    await userEvent.keyboard('{Escape}')
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  }
  expect(keys[0]).toMatch(/.{36}/)
  expect(keys[1]).toBe(keys[0])
})

test('that a message was not deleted is told', async () => {
  const row = given({ ...own, state: 'sent' }, '*/messages/:messageId')
  show(<Conversation id={row.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Delete message' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Delete' }))
  await waitFor(() => expect(row.asked()).toBe(1))
  // It would keep nothing any more.
  expect(screen.getByRole('button', { name: 'Keep' })).toBeDisabled()
  await userEvent.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  row.come(refusal())
  await waitFor(() => expect(toasts()).toMatchObject([{ title: 'Not deleted: your message', detail: 'It is too late', bad: true }]))
})

test('what comes back to be written anew takes nobody with it who is elsewhere by then', async () => {
  const row = given({ ...own, chatwootId: null, content: 'Not yet', state: 'failed', attempts: 1 }, '*/messages/:messageId/cancel')
  const { live, router, unmount } = show(<Reading id={row.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Edit and resend' }))
  await waitFor(() => expect(row.asked()).toBe(1))
  unmount()
  row.come(new HttpResponse(null, { status: 204 }))
  await waitFor(() => expect(live.drafts.of(row.id, 'reply')).toBe('Not yet'))
  await new Promise((go) => setTimeout(go, 20))
  expect(router.state.location.pathname).toBe('/inbox')
})

const unsent = { ...own, chatwootId: null, content: 'Too early', state: 'queued' } as const
const left = () => HttpResponse.json({ code: 'not-cancellable', detail: 'it is being sent' }, { status: 409 })

test.each([
  ['Undo', unsent, 'cancel', 'Not taken back'],
  ['Discard', { ...unsent, state: 'failed' }, 'cancel', 'Not discarded'],
  ['Cancel', { ...own, state: 'retrying' }, 'cancel', 'Not cancelled'],
  ['Retry', { ...unsent, state: 'failed' }, 'retry', 'Not tried again'],
] as const)('that "%s" was refused is told', async (name, message, path, title) => {
  const row = given(message, `*/messages/:messageId/${path}`)
  const { unmount } = show(<Conversation id={row.id} />)
  await userEvent.click(await screen.findByRole('button', { name }))
  await waitFor(() => expect(row.asked()).toBe(1))
  unmount()
  row.come(left())
  await waitFor(() => expect(toasts()).toMatchObject([{ title: `${title}: Paula Probe`, detail: 'it is being sent', bad: true }]))
})

test('a refusal is told where it was asked for, until the message is in another state', async () => {
  const message = aMessage({ ...unsent, attempts: 0 })
  const row = given(message, '*/messages/:messageId/cancel')
  const { live } = show(<Conversation id={row.id} />)
  let sequence = 0
  const becomes = (state: 'sending' | 'sent') => {
    sequence += 1
    const now = { ...message, conversationId: row.id, state, updatedAt: instant(sequence) }
    const data = JSON.stringify(anAnnouncement({ type: 'message_updated', conversation: row, message: now }))
    act(() => live.take({ event: 'message_updated', id: `e:${sequence}`, data }))
  }
  await userEvent.click(await screen.findByRole('button', { name: 'Undo' }))
  await waitFor(() => expect(row.asked()).toBe(1))
  // Its answer comes after the event that says why.
  becomes('sending')
  expect(await screen.findByText('Sending')).toBeVisible()
  row.come(left())
  expect(await screen.findByText('it is being sent')).toBeVisible()
  becomes('sent')
  expect(await screen.findByText('Sent')).toBeVisible()
  await waitFor(() => expect(screen.queryByText('it is being sent')).toBeNull())
  expect(toasts()).toEqual([])
})
