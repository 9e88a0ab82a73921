/** What is read out of a thread to those who hear it. */
import { act, fireEvent, screen, within } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { Message } from '#api/types.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aMessage, anAnnouncement, instant, uuid } from '#test/samples.ts'
import { soon } from '#test/soon.ts'

import { ALL_SEEN } from './lines.ts'
import { Thread } from './Thread.tsx'

const HERE = uuid(1)
const nothing = () => undefined

function given(newest: Message[], older: Promise<Message[]> | null = null) {
  api.use(
    http.untyped.get('*/api/v1/conversations/:id/messages', async ({ request }) => {
      const before = new URL(request.url).searchParams.has('before')
      const data = before ? await older : newest
      return HttpResponse.json({ data, page: { limit: 50, hasMore: !before && older !== null }, position: NOWHERE })
    }),
  )
  return show(<Thread conversationId={HERE} contactId={HERE} chatwootUrl={null} unread={ALL_SEEN} onEdit={nothing} />)
}

test('a countdown is told as the time it counts to, and not each second', async () => {
  const nextAttemptAt = new Date(Date.now() + 60_000).toISOString()
  given([aMessage({ chatwootId: null, messageType: 'outgoing', state: 'queued', nextAttemptAt, content: 'On its way' })])
  const counts = await screen.findByText(/^Sending in/)
  expect(counts).toHaveAttribute('aria-hidden')
  expect(within(counts.parentElement!).getByText(/^Sending at \d/)).toBeVisible()
})

test('older messages are not read out as if they were new', async () => {
  let answer: (messages: Message[]) => void = nothing
  const older = new Promise<Message[]>((go) => (answer = go))
  const { live } = given([aMessage({ content: 'Newest', createdAt: instant(9) })], older)
  const log = await screen.findByRole('log')
  expect(log).toHaveAttribute('aria-live', 'polite')
  fireEvent.scroll(log)
  await screen.findByRole('status', { name: 'Loading older messages' })
  expect(log).toHaveAttribute('aria-busy', 'true')
  // Each time it changes, how it is read out is noted.
  const spoken: (string | null)[] = []
  const watch = new MutationObserver((changes) => {
    if (changes.some(({ addedNodes }) => [...addedNodes].some((node) => node.textContent?.includes('Oldest')))) spoken.push(log.getAttribute('aria-live'))
  })
  watch.observe(log, { childList: true, subtree: true })
  answer([aMessage({ content: 'Oldest', createdAt: instant(1) })])
  await screen.findByText('Oldest')
  await soon(() => expect(log).toHaveAttribute('aria-live', 'polite'))
  expect(spoken).toEqual(['off'])
  const message = aMessage({ conversationId: HERE, content: 'Newer', createdAt: instant(10) })
  act(() => live.take({ event: 'message_created', id: 'e:1', data: JSON.stringify(anAnnouncement({ message })) }))
  await screen.findByText('Newer')
  expect(log).toHaveAttribute('aria-live', 'polite')
  watch.disconnect()
})

test('what comes with a whole window that is read again is read out', async () => {
  const line = (second: number) => aMessage({ content: `line ${second}`, createdAt: instant(second) })
  const lines = [1, 2, 3, 4].map(line)
  // A window of three.
  const newest = lines.slice(0, 3)
  const { queryClient } = given(newest)
  const log = await screen.findByRole('log')
  const spoken: (string | null)[] = []
  const watch = new MutationObserver(() => spoken.push(log.getAttribute('aria-live')))
  watch.observe(log, { childList: true, subtree: true })
  newest.splice(0, 3, ...lines.slice(1))
  await act(() => queryClient.invalidateQueries())
  await screen.findByText('line 4')
  watch.disconnect()
  expect(new Set(spoken)).toEqual(new Set(['polite']))
})
