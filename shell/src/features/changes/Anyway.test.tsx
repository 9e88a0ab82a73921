/** What is to be done once a reply is sent that somebody sends although more has come. */
import { act, screen, waitFor } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test } from 'vitest'

import type { Conversation, CreateMessage, Message } from '#api/types.ts'
import { keys } from '#live/keys.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { held } from '#test/held.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage, anAnnouncement, instant, uuid } from '#test/samples.ts'
import { dismiss, toasts } from '#ui/toasts.ts'
import { Toasts } from '#ui/Toasts.tsx'

import { Changes } from './Changes.tsx'

const ID = uuid(970)
/** The browser's clock is behind: the customer's message is of later than the reply. */
const later = (seconds: number) => new Date(Date.now() + 600_000 + seconds * 1_000).toISOString()

/** A reply that the customer's next message came before, sent anyway; how the API answers it, and what the stream says. */
async function sentAnyway() {
  const old = aMessage({ conversationId: ID })
  const late = aMessage({ conversationId: ID, content: 'And this?', createdAt: later(0) })
  const at = (second: number, last: Message): Conversation => aConversation({ id: ID, lastMessage: { ...last }, updatedAt: instant(second) })
  const { answer, come } = held()
  const changed = { code: 'changed', detail: 'it has changed', current: at(2, late) }
  const bodies: CreateMessage[] = []
  let resolved = 0
  api.use(
    http.untyped.get('*/api/v1/conversations/:id/messages', () => HttpResponse.json({ data: [old, late], page: { limit: 30, hasMore: false }, position: NOWHERE })),
    http.untyped.post('*/api/v1/conversations/:id/messages', async ({ request }) => {
      bodies.push((await request.json()) as CreateMessage)
      return bodies.length === 1 ? HttpResponse.json(changed, { status: 412 }) : answer()
    }),
    http.untyped.patch('*/api/v1/conversations/:id', () => {
      resolved += 1
      return HttpResponse.json({ ...at(9, late), status: 'resolved' })
    }),
  )
  onTestFinished(() => {
    for (const one of toasts()) dismiss(one.key)
  })
  const { live, queryClient } = show(
    <>
      <Changes />
      <Toasts />
    </>,
  )
  await screen.findByRole('status')
  queryClient.setQueryData(keys.conversation(ID), at(1, old))
  queryClient.setQueryData(keys.messages(ID), { pages: [{ data: [old], page: { limit: 50, hasMore: false }, position: { activity: 'e:0' } }], pageParams: [null] })
  let sequence = 0
  const heard = (message: Message) =>
    act(() => {
      const told = anAnnouncement({ type: 'message_created', conversation: at((sequence += 1) + 1, message), message })
      live.take({ event: 'message_created', id: `e:${sequence}`, data: JSON.stringify(told) })
    })
  act(() => live.outbox.send(ID, 'All done', false, [], { status: 'resolved' }))
  await waitFor(() => expect(live.outbox.of(ID)).toMatchObject([{ state: 'overtaken' }]))
  heard(late)
  act(() => live.outbox.sendAnyway(live.outbox.of(ID)[0]!))
  await waitFor(() => expect(bodies).toHaveLength(2))
  const own = aMessage({ conversationId: ID, messageType: 'outgoing', clientId: bodies[1]!.clientId ?? null, createdAt: later(1) })
  const answers = () => come(HttpResponse.json(own, { status: 201 }))
  return { answers, hears: () => heard(own), more: () => heard(aMessage({ conversationId: ID, content: 'Wait!', createdAt: later(2) })), resolved: () => resolved }
}

test('it is done if the answer comes first', async () => {
  const { answers, resolved } = await sentAnyway()
  answers()
  expect(await screen.findByText('Resolved')).toBeVisible()
  expect(resolved()).toBe(1)
})

test('and if its event does', async () => {
  const { hears, answers, resolved } = await sentAnyway()
  hears()
  expect(await screen.findByText('Resolved')).toBeVisible()
  answers()
  expect(resolved()).toBe(1)
})

test('but not if the customer has written once more', async () => {
  const { more, answers, resolved } = await sentAnyway()
  more()
  answers()
  expect(await screen.findByText('The customer has written since')).toBeVisible()
  expect(resolved()).toBe(0)
})
