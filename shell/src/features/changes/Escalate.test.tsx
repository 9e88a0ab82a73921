import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { beforeEach, expect, test } from 'vitest'

import { ask, asked as question } from '#desk/asked.ts'
import { conversationsQuery } from '#live/queries.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { held } from '#test/held.ts'
import { show } from '#test/render.tsx'
import { aConversation, anApproval } from '#test/samples.ts'
import { dismiss, toasts } from '#ui/toasts.ts'
import { Toasts } from '#ui/Toasts.tsx'

import { Changes } from './Changes.tsx'

beforeEach(() => {
  question.set(null)
  for (const one of toasts()) dismiss(one.key)
})

function given() {
  return show(
    <>
      <Changes />
      <Toasts />
    </>,
  ).queryClient
}

/** Escalates a conversation and closes the sheet before there is an answer, which comes when it is told to. */
async function escalated() {
  const row = aConversation()
  given()
  const { answer, come } = held()
  let asked = 0
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/escalate', () => {
      asked += 1
      return answer()
    }),
  )
  await screen.findByRole('status')
  ask('escalate', [row.id])
  await userEvent.type(await screen.findByRole('textbox'), 'It is much.{Control>}{Enter}{/Control}')
  await waitFor(() => expect(asked).toBe(1))
  await userEvent.keyboard('{Escape}')
  expect(screen.queryByRole('dialog')).toBeNull()
  return { row, come }
}

test('what was escalated when its sheet is closed closes nothing else', async () => {
  const { row, come } = await escalated()
  ask('priority', [row.id])
  await screen.findByRole('combobox')
  come(HttpResponse.json(anApproval(), { status: 201 }))
  expect(await screen.findByText('Escalated')).toBeInTheDocument()
  expect(screen.getByRole('combobox')).toBeVisible()
})

test('nor is it there to be asked for once more in a sheet that was opened again', async () => {
  const { row, come } = await escalated()
  ask('escalate', [row.id])
  const reason = await screen.findByRole('textbox')
  expect(reason).toHaveValue('It is much.')
  come(HttpResponse.json(anApproval(), { status: 201 }))
  expect(await screen.findByText('Escalated')).toBeInTheDocument()
  expect(reason).toHaveValue('')
  expect(screen.getByRole('button', { name: 'Escalate' })).toBeDisabled()
})

test('but what was typed in it since is kept', async () => {
  const { row, come } = await escalated()
  ask('escalate', [row.id])
  const reason = await screen.findByRole('textbox')
  await userEvent.type(reason, ' And it is urgent.')
  come(HttpResponse.json(anApproval(), { status: 201 }))
  expect(await screen.findByText('Escalated')).toBeInTheDocument()
  expect(reason).toHaveValue('It is much. And it is urgent.')
})

test('and what was not is told', async () => {
  const { come } = await escalated()
  come(HttpResponse.json({ code: 'invalid', detail: 'It waits already' }, { status: 422 }))
  expect(await screen.findByText('Not escalated: the conversation')).toBeVisible()
  expect(screen.getByText('It waits already')).toBeVisible()
})

test('whose conversation it is, is said by the sheet and by what comes of it', async () => {
  const row = aConversation()
  api.use(
    http.get('/api/v1/conversations', ({ response }) => response(200).json({ data: [row], page: { limit: 50, nextCursor: null }, position: NOWHERE })),
    http.untyped.post('*/api/v1/conversations/:id/escalate', () => HttpResponse.json(anApproval(), { status: 201 })),
  )
  await given().infiniteQuery(conversationsQuery({}))
  await screen.findByRole('status')
  ask('escalate', [row.id])
  const sheet = await screen.findByRole('dialog', { name: 'Escalate: Paula Probe' })
  await userEvent.type(within(sheet).getByRole('textbox'), 'It is much.')
  await userEvent.click(within(sheet).getByRole('button', { name: 'Escalate' }))
  expect(await screen.findByText('Escalated: Paula Probe')).toBeVisible()
})

test('what got no answer and is asked for anew, in another sheet, is the same request', async () => {
  const row = aConversation()
  given()
  const keys: (string | null)[] = []
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/escalate', ({ request }) => {
      keys.push(request.headers.get('idempotency-key'))
      return keys.length === 1 ? HttpResponse.error() : HttpResponse.json(anApproval(), { status: 201 })
    }),
  )
  await screen.findByRole('status')
  for (const count of [1, 2, 3]) {
    ask('escalate', [row.id])
    const reason = await screen.findByRole('textbox')
    await userEvent.clear(reason)
    await userEvent.type(reason, 'It is much.{Control>}{Enter}{/Control}')
    await waitFor(() => expect(keys).toHaveLength(count))
    if (count === 1) await screen.findByText('the server cannot be reached')
    await userEvent.keyboard('{Escape}')
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  }
  expect(keys[0]).toMatch(/.{36}/)
  expect(keys[1]).toBe(keys[0])
  // That one had its answer.
  expect(keys[2]).not.toBe(keys[0])
})

test('what got no answer and is asked for in other words is no second request, unless somebody wants one', async () => {
  const row = aConversation()
  given()
  const asked: { key: string | null; reason: string }[] = []
  const reused = { code: 'key-reused', detail: 'this Idempotency-Key was already used for a different request; use a new one' }
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/escalate', async ({ request }) => {
      const { reason } = (await request.json()) as { reason: string }
      asked.push({ key: request.headers.get('idempotency-key'), reason })
      // The first was carried out, and its answer lost.
      if (asked.length === 1) return HttpResponse.error()
      return asked.length === 2 ? HttpResponse.json(reused, { status: 422 }) : HttpResponse.json(anApproval(), { status: 201 })
    }),
  )
  await screen.findByRole('status')
  ask('escalate', [row.id])
  const reason = await screen.findByRole('textbox')
  await userEvent.type(reason, 'It is much.{Control>}{Enter}{/Control}')
  await screen.findByText('the server cannot be reached')
  await userEvent.type(reason, ' Too much.{Control>}{Enter}{/Control}')
  expect(await screen.findByText(/^you had already asked for this with a different text/)).toBeVisible()
  expect(asked[1]).toEqual({ key: asked[0]?.key, reason: 'It is much. Too much.' })
  expect(reason).toHaveValue('It is much. Too much.')
  await userEvent.click(screen.getByRole('button', { name: 'Escalate' }))
  expect(await screen.findByText('Escalated')).toBeInTheDocument()
  expect(asked[2]?.key).not.toBe(asked[0]?.key)
})
