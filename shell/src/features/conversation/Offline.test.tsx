import { onlineManager, useInfiniteQuery } from '@tanstack/react-query'
import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { type ReactNode, useState } from 'react'
import { expect, onTestFinished, test, vi } from 'vitest'

import type { Conversation as Shown } from '#api/types.ts'
import { conversationsQuery } from '#live/queries.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { held } from '#test/held.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage } from '#test/samples.ts'

import { Conversation } from './Conversation.tsx'

/** Shows this of a conversation while the network is away, until it is turned on. */
function away(row: Shown, what: ReactNode) {
  const message = aMessage({ conversationId: row.id })
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  onTestFinished(() => {
    online.mockRestore()
    // Nobody tells it once the page is gone.
    onlineManager.setOnline(true)
  })
  const answer = (body: object) => () => (navigator.onLine ? HttpResponse.json(body) : HttpResponse.error())
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', answer(row)),
    http.untyped.get('*/api/v1/conversations/:id/messages', answer({ data: [message], page: { limit: 50, hasMore: false }, position: NOWHERE })),
  )
  const { queryClient } = show(what)
  act(() => void window.dispatchEvent(new Event('offline')))
  const turnOn = () =>
    act(() => {
      online.mockReturnValue(true)
      window.dispatchEvent(new Event('online'))
    })
  return { queryClient, turnOn }
}

test('a conversation that is not here says so offline, and loads when the network is back', async () => {
  const row = aConversation()
  const { turnOn } = away(row, <Conversation id={row.id} />)
  expect(await screen.findByText('The conversation did not load')).toBeVisible()
  expect(screen.getByText('you are offline')).toBeVisible()
  expect(screen.getByText(/It will load/)).toBeVisible()
  expect(screen.queryByRole('status', { name: /^Loading/ })).toBeNull()
  turnOn()
  expect(await screen.findByText('Is my parcel on its way?')).toBeVisible()
})

/** The first of a list, opened. */
function First() {
  const id = useInfiniteQuery(conversationsQuery({})).data?.[0]?.id
  return id !== undefined && <Conversation id={id} />
}

test('one that a list has can be written to meanwhile, and says that its messages are not here', async () => {
  const row = aConversation()
  api.use(http.untyped.get('*/api/v1/conversations', () => HttpResponse.json({ data: [row], page: { limit: 50, nextCursor: null }, position: NOWHERE })))
  const { turnOn } = away(row, <First />)
  expect(await screen.findByText('Messages did not load')).toBeVisible()
  expect(screen.getByRole('heading', { name: 'Paula Probe' })).toBeVisible()
  expect(screen.getByRole('textbox', { name: 'Reply' })).toBeVisible()
  turnOn()
  expect(await screen.findByText('Is my parcel on its way?')).toBeVisible()
})

/** The first of a list, opened in its place. */
function Opened() {
  const [id, open] = useState<string>()
  return id === undefined ? <Opening open={open} /> : <Conversation id={id} />
}

function Opening({ open }: { open: (id: string) => void }) {
  const first = useInfiniteQuery(conversationsQuery({})).data?.[0]?.id
  return first !== undefined && <button onClick={() => open(first)}>Open</button>
}

test('and is not taken from who writes when it is read again, though its list is let go', async () => {
  const row = aConversation()
  const { answer, come } = held()
  api.use(http.untyped.get('*/api/v1/conversations', () => HttpResponse.json({ data: [row], page: { limit: 50, nextCursor: null }, position: NOWHERE })))
  const { turnOn, queryClient } = away(row, <Opened />)
  const opens = await screen.findByRole('button', { name: 'Open' })
  api.use(http.untyped.get('*/api/v1/conversations', () => HttpResponse.error()))
  await userEvent.click(opens)
  await screen.findByText('Messages did not load')
  const field = screen.getByRole('textbox', { name: 'Reply' })
  queryClient.removeQueries({ queryKey: ['conversations'], type: 'inactive' })
  let asked = false
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', () => {
      asked = true
      return answer()
    }),
  )
  turnOn()
  await waitFor(() => expect(asked).toBe(true))
  expect(field).toBeVisible()
  come(HttpResponse.json(row))
  expect(await screen.findByText('Is my parcel on its way?')).toBeVisible()
  expect(field).toBeVisible()
})

test('what is written meanwhile stays while the messages are read again', async () => {
  const row = aConversation()
  const { answer, come } = held()
  api.use(http.untyped.get('*/api/v1/conversations', () => HttpResponse.json({ data: [row], page: { limit: 50, nextCursor: null }, position: NOWHERE })))
  const { turnOn } = away(row, <First />)
  await screen.findByText('Messages did not load')
  await userEvent.type(screen.getByRole('textbox', { name: 'Reply' }), 'On its way{Control>}{Enter}{/Control}')
  const written = await screen.findByText('On its way')
  let asked = false
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/:what', () => HttpResponse.error()),
    http.untyped.get('*/api/v1/conversations/:id/messages', () => {
      asked = true
      return answer()
    }),
  )
  turnOn()
  await waitFor(() => expect(asked).toBe(true))
  expect(written).toBeVisible()
  come(HttpResponse.json({ data: [aMessage({ conversationId: row.id })], page: { limit: 50, hasMore: false }, position: NOWHERE }))
  expect(await screen.findByText('Is my parcel on its way?')).toBeVisible()
})

test('what nobody answered is asked for again once the live connection is open', async () => {
  const row = aConversation()
  let broken = true
  const answer = (body: object) => () => (broken ? HttpResponse.error() : HttpResponse.json(body))
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', answer(row)),
    http.untyped.get('*/api/v1/conversations/:id/messages', answer({ data: [], page: { limit: 50, hasMore: false }, position: NOWHERE })),
  )
  const { live } = show(<Conversation id={row.id} />)
  expect(await screen.findByText('the server cannot be reached')).toBeVisible()
  broken = false
  act(() => live.take({ event: 'ready', id: 'e:1', data: '{}' }))
  expect(await screen.findByText('No messages yet')).toBeVisible()
})
