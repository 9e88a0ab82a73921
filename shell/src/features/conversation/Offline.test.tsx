import { onlineManager, useInfiniteQuery } from '@tanstack/react-query'
import { act, screen } from '@testing-library/react'
import { HttpResponse } from 'msw'
import type { ReactNode } from 'react'
import { expect, onTestFinished, test, vi } from 'vitest'

import type { Conversation as Shown } from '#api/types.ts'
import { conversationsQuery } from '#live/queries.ts'
import { api, http, NOWHERE } from '#test/api.ts'
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
  show(what)
  act(() => void window.dispatchEvent(new Event('offline')))
  return () =>
    act(() => {
      online.mockReturnValue(true)
      window.dispatchEvent(new Event('online'))
    })
}

test('a conversation that is not here says so offline, and loads when the network is back', async () => {
  const row = aConversation()
  const turnOn = away(row, <Conversation id={row.id} />)
  expect(await screen.findByText('The conversation did not load')).toBeVisible()
  expect(screen.getByText('you are offline')).toBeVisible()
  expect(screen.getByText(/It loads by itself/)).toBeVisible()
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
  const turnOn = away(row, <First />)
  expect(await screen.findByText('Messages did not load')).toBeVisible()
  expect(screen.getByRole('heading', { name: 'Paula Probe' })).toBeVisible()
  expect(screen.getByRole('textbox', { name: 'Reply' })).toBeVisible()
  turnOn()
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
