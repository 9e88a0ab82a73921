import { onlineManager } from '@tanstack/react-query'
import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'

import type { Message } from '#api/types.ts'
import { notSent } from '#desk/notSent.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aMessage, instant, uuid } from '#test/samples.ts'
import { dismiss, toast, toasts } from '#ui/toasts.ts'

import { ALL_SEEN } from './lines.ts'
import { Thread } from './Thread.tsx'

const HERE = uuid(1)

// What waits to be sent is sent again after its test, too.
beforeEach(() =>
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', () => HttpResponse.json({ code: 'unavailable', detail: 'not now' }, { status: 503 })),
  ),
)

function open() {
  return show(<Thread conversationId={HERE} contactId={HERE} chatwootUrl={null} unread={ALL_SEEN} onEdit={vi.fn()} />)
}

test('what was written shows though the thread cannot be had', async () => {
  let broken = true
  api.use(
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      broken
        ? HttpResponse.json({ code: 'unavailable', detail: 'not now' }, { status: 503 })
        : HttpResponse.json({ data: [aMessage({ content: 'Hello?' })], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
  )
  const { live } = open()
  await screen.findByText('Messages did not load')
  live.outbox.send(HERE, 'On its way', false)
  expect(await screen.findByText('On its way')).toBeVisible()
  broken = false
  await userEvent.click(screen.getByRole('button', { name: 'Messages did not load. Try again' }))
  expect(await screen.findByText('Hello?')).toBeVisible()
  expect(screen.getByText('On its way')).toBeVisible()
})

test('and though there is no network to have it by', async () => {
  onlineManager.setOnline(false)
  onTestFinished(() => onlineManager.setOnline(true))
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  onTestFinished(() => void vi.restoreAllMocks())
  api.use(http.untyped.get('*/api/v1/conversations/:id/messages', () => HttpResponse.error()))
  const { live } = open()
  await screen.findByText('Messages did not load')
  live.outbox.send(HERE, 'On its way', false)
  expect(await screen.findByText('On its way')).toBeVisible()
})

test('whoever opens it needs no toast of what was not sent in it', async () => {
  api.use(http.untyped.get('*/api/v1/conversations/:id/messages', () => HttpResponse.error()))
  for (const id of [HERE, uuid(2)]) {
    toast({ key: notSent(id), title: 'Not sent to Carla', detail: 'no such number', bad: true })
    onTestFinished(() => dismiss(notSent(id)))
  }
  open()
  await screen.findByText('Messages did not load')
  expect(toasts().map(({ key }) => key)).toEqual([notSent(uuid(2))])
})

function has(...messages: Message[]) {
  api.use(
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ data: messages, page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
  )
}

test('whoever shows what is folded keeps the focus, and can fold it again', async () => {
  has(...['opened', 'assigned', 'labelled'].map((what, second) => aMessage({ messageType: 'activity', content: `Ana ${what} it`, createdAt: instant(second) })))
  open()
  const button = await screen.findByRole('button', { name: '3 changes · show' })
  expect(screen.queryByText('Ana assigned it')).toBeNull()
  await userEvent.click(button)
  expect(screen.getByText('Ana assigned it')).toBeVisible()
  expect(screen.getByRole('button', { name: '3 changes · hide', expanded: true })).toHaveFocus()
  await userEvent.keyboard('{Enter}')
  expect(screen.queryByText('Ana assigned it')).toBeNull()
})

test('what parts a thread has a name to those who hear it', async () => {
  has(aMessage({ createdAt: instant(0) }))
  show(<Thread conversationId={HERE} contactId={HERE} chatwootUrl={null} unread={{ count: 1, seenUntil: null }} onEdit={vi.fn()} />)
  expect(await screen.findByRole('separator', { name: 'New' })).toBeVisible()
  for (const one of screen.getAllByRole('separator')) expect(one).toHaveAccessibleName(one.textContent)
})

test('what each of a run of messages is can be heard, and of notes be seen', async () => {
  has(
    aMessage({ content: 'Where is it?' }),
    ...['The first note', 'The second note'].map((content, index) =>
      aMessage({ content, messageType: 'outgoing', private: true, sender: { type: 'user', id: 4, name: 'Ana Beispiel' }, createdAt: instant(index + 1) }),
    ),
  )
  const { live } = open()
  const first = (await screen.findByText('The first note')).parentElement!
  const second = screen.getByText('The second note').parentElement!.parentElement!
  // Of the first, its name says it.
  expect(first).toHaveTextContent(/^The first note$/)
  expect(second).toHaveTextContent(/^Note: The second note$/)
  expect(second.querySelectorAll('svg')).toHaveLength(1)
  live.outbox.send(HERE, 'On its way', false)
  live.outbox.send(HERE, 'And more', false)
  expect((await screen.findByText('On its way')).parentElement).toHaveTextContent(/^You: On its way$/)
  expect((await screen.findByText('And more')).parentElement).toHaveTextContent(/^And more$/)
})
