import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test } from 'vitest'

import type { UpdateConversation } from '#api/types.ts'
import { ask, asked as question } from '#desk/asked.ts'
import { api, http } from '#test/api.ts'
import { held } from '#test/held.ts'
import { show } from '#test/render.tsx'
import { aConversation, instant, uuid } from '#test/samples.ts'
import { dismiss, toasts } from '#ui/toasts.ts'

import { Changes } from './Changes.tsx'

const refused = () => HttpResponse.json({ code: 'invalid', detail: 'Chatwoot has no such label' }, { status: 422 })

test('a label whose change was refused shows as it is, and can be chosen again', async () => {
  const row = aConversation({ labels: ['old'] })
  const bodies: UpdateConversation[] = []
  const { answer, come } = held()
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', () => HttpResponse.json(row)),
    http.untyped.get('*/api/v1/labels', () =>
      HttpResponse.json({ data: [{ accountId: row.accountId, chatwootId: 1, title: 'vip', updatedAt: instant(0) }] }),
    ),
    http.untyped.patch('*/api/v1/conversations/:id', async ({ request }) => {
      bodies.push((await request.json()) as UpdateConversation)
      if (bodies.length === 1) return HttpResponse.json(row)
      if (bodies.length === 2) return await answer()
      return HttpResponse.json({ ...row, labels: bodies.at(-1)?.labels, updatedAt: instant(bodies.length) })
    }),
  )
  const { live } = show(<Changes />)
  onTestFinished(() => {
    question.set(null)
    for (const { key } of toasts()) dismiss(key)
  })
  // What the picker shows is what was read.
  await live.change(row.id, { over: (one) => one, body: () => ({}), builds: false })
  await waitFor(() => {
    ask('labels', [row.id])
    expect(screen.getByRole('combobox', { name: 'Labels' })).toBeVisible()
  })
  const vip = await screen.findByRole('option', { name: /vip/ })
  const on = () => vip.getAttribute('aria-checked')
  await userEvent.keyboard('vip{Enter}')
  await waitFor(() => expect(on()).toBe('true'))
  come(refused())
  await waitFor(() => expect(on()).toBe('false'))
  await userEvent.keyboard('{Enter}')
  await waitFor(() => expect(bodies).toHaveLength(3))
  expect(bodies[2]).toEqual({ labels: ['old', 'vip'] })
  await waitFor(() => expect(live.look(row.id)?.labels).toEqual(['old', 'vip']))
  expect(on()).toBe('true')
  // One that the account's list does not have stays to be chosen again.
  await userEvent.clear(screen.getByRole('combobox'))
  await userEvent.click(screen.getByRole('option', { name: /old/ }))
  await waitFor(() => expect(live.look(row.id)?.labels).toEqual(['vip']))
  expect(screen.getByRole('option', { name: /old/ })).toHaveAttribute('aria-checked', 'false')
})

test('labels of conversations in several accounts are those that all of these accounts have, or that all rows can lose', async () => {
  const rows = [
    aConversation({ accountId: uuid(1), labels: ['first only', 'old'] }),
    aConversation({ accountId: uuid(2), labels: ['both', 'old'] }),
  ]
  const label = (account: number, title: string) => ({ accountId: uuid(account), chatwootId: account, title, updatedAt: instant(0) })
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', ({ params }) => HttpResponse.json(rows.find(({ id }) => id === params.id))),
    http.untyped.patch('*/api/v1/conversations/:id', ({ params }) => HttpResponse.json(rows.find(({ id }) => id === params.id))),
    http.untyped.get('*/api/v1/labels', () =>
      HttpResponse.json({ data: [label(1, 'first only'), label(1, 'both'), label(2, 'second only'), label(2, 'both')] }),
    ),
  )
  const { live } = show(<Changes />)
  onTestFinished(() => question.set(null))
  for (const { id } of rows) await live.change(id, { over: (one) => one, body: () => ({}), builds: false })
  await waitFor(() => {
    ask('labels', rows.map(({ id }) => id))
    expect(screen.getByRole('combobox', { name: 'Labels of 2 conversations' })).toBeVisible()
  })
  await screen.findByRole('option', { name: 'both' })
  expect(screen.getAllByRole('option').map((one) => one.textContent)).toEqual(['both', 'old'])
  expect(screen.getByRole('combobox')).toHaveAccessibleDescription(/several Chatwoot accounts.*other labels/)
})
