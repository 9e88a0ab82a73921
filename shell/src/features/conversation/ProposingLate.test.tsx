/** What is written before the dialog that asks for approval has loaded. */
import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'

import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, anApproval } from '#test/samples.ts'

import { Conversation } from './Conversation.tsx'

const { loaded, load } = vi.hoisted(() => {
  let load = (): void => undefined
  return { loaded: new Promise<void>((resolve) => (load = resolve)), load: () => load() }
})
vi.mock(import('./Propose.tsx'), async (original) => {
  await loaded
  return await original()
})

test('words that were not proposed stay when those before them are', async () => {
  const row = aConversation()
  const asked: unknown[] = []
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', () => HttpResponse.json(row)),
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ data: [], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
    http.untyped.post('*/api/v1/approvals', async ({ request }) => {
      asked.push(await request.json())
      return HttpResponse.json(anApproval({ conversationId: row.id }), { status: 201 })
    }),
  )
  show(<Conversation id={row.id} />)
  const field = await screen.findByRole('textbox', { name: 'Reply' })
  await userEvent.type(field, 'We refund it.')
  await userEvent.click(screen.getByRole('button', { name: 'More ways to send' }))
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Ask for approval…' }))
  await userEvent.type(field, ' And more.')
  load()
  const dialog = await screen.findByRole('dialog', { name: 'Ask for approval' })
  await userEvent.type(within(dialog).getByRole('textbox'), 'It is 300 €.{Control>}{Enter}{/Control}')
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  expect(JSON.stringify(asked)).toContain('We refund it."')
  expect(field).toHaveValue('We refund it. And more.')
})
