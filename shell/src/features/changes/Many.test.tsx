/** More conversations than the journal keeps. */
import { screen } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { beforeEach, expect, test } from 'vitest'

import { ask, asked as question } from '#desk/asked.ts'
import { conversationsQuery } from '#live/queries.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, instant } from '#test/samples.ts'
import { Toasts } from '#ui/Toasts.tsx'

import { Changes } from './Changes.tsx'

beforeEach(() => question.set(null))

test('what can be chosen is offered for a row that was read before thousands of others', async () => {
  const rows = Array.from({ length: 5_001 }, () => aConversation())
  const [first] = rows
  api.use(
    http.get('/api/v1/conversations', ({ response }) => response(200).json({ data: rows, page: { limit: 50, nextCursor: null }, position: NOWHERE })),
    http.untyped.get('*/api/v1/agents', () =>
      HttpResponse.json({ data: [{ accountId: first!.accountId, chatwootId: 4, name: 'Ana Beispiel', email: null, updatedAt: instant(0) }] }),
    ),
  )
  const { queryClient, live } = show(
    <>
      <Changes />
      <Toasts />
    </>,
  )
  await queryClient.infiniteQuery(conversationsQuery({}))
  await screen.findByRole('status')
  ask('assignee', [first!.id])
  expect(await screen.findByRole('option', { name: /Ana Beispiel/ })).toBeVisible()
  expect(screen.getByRole('option', { name: 'Nobody' })).toHaveAttribute('aria-checked', 'true')
  expect(live.look(first!.id)).toEqual(first)
})
