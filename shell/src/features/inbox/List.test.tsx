import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { Conversation } from '#api/types.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, instant } from '#test/samples.ts'

import { List } from './List.tsx'


function given(rows: Conversation[]) {
  const asked: URLSearchParams[] = []
  api.use(
    http.get('/api/v1/conversations', ({ request, response }) => {
      asked.push(new URL(request.url).searchParams)
      return response(200).json({ data: rows, page: { limit: 50, nextCursor: null }, position: NOWHERE })
    }),
  )
  return asked
}

test('a row tells who, what and how urgent', async () => {
  const asked = given([
    aConversation({
      unreadCount: 12,
      priority: 'urgent',
      labels: ['billing', 'refund', 'vip'],
      assignee: { id: 4, type: 'user', name: 'Ana Beispiel' },
      lastMessage: { id: 'm', content: 'Where is it?', messageType: 'incoming', private: false, createdAt: instant(0) },
    }),
  ])
  show(<List view={{}} openId={undefined} />)
  const row = await screen.findByRole('link', { name: /Paula Probe/ })
  for (const words of ['Where is it?', '9+', '12 unread', 'Urgent priority', 'billing', 'refund', '+1', 'Assigned to Ana Beispiel']) {
    expect(row).toHaveTextContent(words)
  }
  expect(row).not.toHaveTextContent('vip')
  expect(asked[0]?.get('status')).toBe('open')
})

test('an empty list says why it is empty', async () => {
  given([])
  show(<List view={{ label: 'vip' }} openId={undefined} />)
  expect(await screen.findByText('No conversation fits these filters')).toBeVisible()
})

test('a list that does not load says so, and can be asked for again', async () => {
  let broken = true
  api.use(
    http.untyped.get('*/api/v1/conversations', () =>
      broken
        ? HttpResponse.json({ detail: 'the database does not answer at the moment; try again', code: 'unavailable' }, { status: 503 })
        : HttpResponse.json({ data: [aConversation()], page: { limit: 50, nextCursor: null }, position: NOWHERE }),
    ),
  )
  show(<List view={{}} openId={undefined} />)
  expect(await screen.findByText(/the database does not answer/)).toBeVisible()
  broken = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('link', { name: /Paula Probe/ })).toBeVisible()
})
