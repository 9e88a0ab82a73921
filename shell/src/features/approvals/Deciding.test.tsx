import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { describe, expect, test } from 'vitest'

import { approvalTag } from '#api/tag.ts'
import type { Approval } from '#api/types.ts'
import { keys } from '#live/keys.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { served } from '#test/approvals.ts'
import { held } from '#test/held.ts'
import { mayOnly } from '#test/may.ts'
import { show } from '#test/render.tsx'
import { aMessage, anAbout, anApproval, instant } from '#test/samples.ts'
import { dismiss, toasts } from '#ui/toasts.ts'

import { Approval as Screen } from './Approval.tsx'
import { stepsOf } from './History.tsx'

const screenOf = ({ id }: Approval) => show(<Screen id={id} thread={(there) => <p>The thread of {there}</p>} />)

/** The same, and the request on the screen. */
function given(...what: Parameters<typeof served>) {
  const asked = served(...what)
  screenOf(what[0])
  return asked
}

test('a request says whom it concerns before it is decided', async () => {
  given(anApproval({ about: anAbout() }), () => HttpResponse.json({}))
  const request = await screen.findByRole('region', { name: 'Request' })
  expect(request.textContent).toMatch(/^Paula Probe #7, Website/)
})

test('rejecting needs a reason, and is of what was read', async () => {
  const approval = anApproval()
  const asked = given(approval, (body) => HttpResponse.json({ ...approval, ...body, decidedBy: 'Dev Admin' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Reject' }))
  expect(screen.getByText('Give a reason for rejecting it.')).toBeVisible()
  expect(asked).toEqual([])
  expect(screen.getByRole('textbox')).toHaveAttribute('dir', 'auto')
  await userEvent.type(screen.getByRole('textbox'), 'Too late.')
  await userEvent.click(screen.getByRole('button', { name: /^Reject/ }))
  expect(await screen.findByText('Rejected')).toBeVisible()
  expect(asked[0]?.body).toEqual({ status: 'rejected', decision: 'Too late.' })
  expect(asked[0]?.tag).toMatch(/^"[0-9a-f]+-0"$/)
})

describe('whoever rejects', () => {
  const keys = '{Control>}{Enter}{/Control}'
  async function rejecting() {
    const approval = anApproval()
    const asked = given(approval, (body) => HttpResponse.json({ ...approval, ...body, decidedBy: 'Dev Admin' }))
    await userEvent.click(await screen.findByRole('button', { name: 'Reject' }))
    return asked
  }

  test('and says why does so by the keys too', async () => {
    const asked = await rejecting()
    await userEvent.type(screen.getByRole('textbox'), `Too late.${keys}`)
    expect(await screen.findByText('Rejected')).toBeVisible()
    expect(asked.map(({ body }) => body)).toEqual([{ status: 'rejected', decision: 'Too late.' }])
  })

  test('and has left the field for nothing else does so by the keys too', async () => {
    const asked = await rejecting()
    await userEvent.type(screen.getByRole('textbox'), 'Too late.')
    await userEvent.click(document.body)
    await userEvent.keyboard(keys)
    expect(await screen.findByText('Rejected')).toBeVisible()
    expect(asked.map(({ body }) => body)).toEqual([{ status: 'rejected', decision: 'Too late.' }])
  })

  test('and does not say why has decided nothing by the keys', async () => {
    const asked = await rejecting()
    await userEvent.type(screen.getByRole('textbox'), keys)
    expect(screen.getByText('Give a reason for rejecting it.')).toBeVisible()
    expect(screen.getByRole('button', { name: /^Approve/ })).toBeEnabled()
    expect(asked).toEqual([])
  })

  test('and approves after all has approved, and so do the keys from then on', async () => {
    const approval = anApproval()
    let tries = 0
    const asked = given(approval, (body) => {
      tries += 1
      if (tries === 1) return HttpResponse.json({ code: 'invalid', detail: 'not now' }, { status: 422 })
      return HttpResponse.json({ ...approval, ...body, decidedBy: 'Dev Admin' })
    })
    await userEvent.click(await screen.findByRole('button', { name: 'Reject' }))
    await userEvent.type(screen.getByRole('textbox'), 'All right.')
    await userEvent.click(screen.getByRole('button', { name: /^Approve/ }))
    expect(await screen.findByText('not now')).toBeVisible()
    await userEvent.type(screen.getByRole('textbox'), keys)
    expect(await screen.findByText('Approved')).toBeVisible()
    expect(asked.map(({ body }) => body)).toEqual(Array(2).fill({ status: 'approved', decision: 'All right.' }))
  })

  test('and is not answered rejects once more by the keys', async () => {
    const approval = anApproval()
    const asked = given(approval, (body) =>
      asked.length === 1
        ? HttpResponse.json({ code: 'unavailable', detail: 'not now' }, { status: 503 })
        : HttpResponse.json({ ...approval, ...body, decidedBy: 'Dev Admin' }),
    )
    await userEvent.type(await screen.findByRole('textbox'), 'Too late.')
    await userEvent.click(screen.getByRole('button', { name: 'Reject' }))
    expect(await screen.findByText('not now')).toBeVisible()
    await userEvent.type(screen.getByRole('textbox'), keys)
    expect(await screen.findByText('Rejected')).toBeVisible()
    expect(asked.map(({ body }) => body)).toEqual(Array(2).fill({ status: 'rejected', decision: 'Too late.' }))
  })
})

test.each([
  ['approved', /^Approve/, 'dev-agent', 'Other requests waiting for you'],
  ['withdrawn', 'Withdraw', 'dev-admin', 'Your other requests'],
])('whoever has %s one by the keyboard is told, and goes on from there', async (status, name, requestedById, on) => {
  const approval = anApproval({ requestedById })
  given(approval, () => HttpResponse.json({ ...approval, status }))
  const button = await screen.findByRole('button', { name })
  act(() => button.focus())
  await userEvent.keyboard('{Enter}')
  await waitFor(() => expect(screen.getByRole('link', { name: on })).toHaveFocus())
  expect(screen.getByRole('status')).toHaveTextContent(`You have ${status} it.`)
})

test('what somebody has decided is out of the queue before its event comes', async () => {
  const [approval, other] = [anApproval(), anApproval()]
  served(approval, (body) => HttpResponse.json({ ...approval, ...body }))
  const { queryClient } = screenOf(approval)
  const queue = keys.approvals({ waitingFor: 'me' })
  queryClient.setQueryData(queue, { data: [approval, other], page: { limit: 100 }, position: NOWHERE })
  await userEvent.click(await screen.findByRole('button', { name: /^Approve/ }))
  await screen.findByText('You have approved it.')
  expect(queryClient.getQueryData(queue)).toMatchObject({ data: [{ id: other.id }] })
})

test('who may not ask for approval any more is not offered to withdraw what they asked for', async () => {
  mayOnly('approvals:read')
  given(anApproval({ requestedById: 'dev-admin' }), () => HttpResponse.json({}))
  expect(await screen.findByText('Someone else has to decide your request.')).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Withdraw' })).toBeNull()
})

test('whoever is refused has the focus where they pressed', async () => {
  const { answer, come } = held()
  const asked = given(anApproval(), answer)
  const button = await screen.findByRole('button', { name: /^Approve/ })
  act(() => button.focus())
  await userEvent.keyboard('{Enter}')
  await waitFor(() => expect(asked).toHaveLength(1))
  expect(button).toHaveAttribute('aria-disabled', 'true')
  expect(button).toBeEnabled()
  await userEvent.keyboard('{Enter}')
  come(HttpResponse.json({ code: 'invalid', detail: 'it cannot be' }, { status: 422 }))
  expect(await screen.findByText('it cannot be')).toBeVisible()
  expect(button).toHaveFocus()
  expect(asked).toHaveLength(1)
})

test('who has gone elsewhere before it is refused is told that it was not decided', async () => {
  const approval = anApproval({ type: 'proposed_reply', metadata: { content: 'We refund it.' } })
  const { answer, come } = held()
  const asked = served(approval, answer)
  const { unmount } = screenOf(approval)
  await userEvent.click(await screen.findByRole('button', { name: /^Approve/ }))
  await waitFor(() => expect(asked).toHaveLength(1))
  unmount()
  come(HttpResponse.json({ code: 'changed', detail: 'it has changed', current: approval }, { status: 412 }))
  await waitFor(() => expect(toasts()).toMatchObject([{ title: 'Not approved: proposed reply of Ana Beispiel', detail: 'it has changed since you read it; look at it again before you go on', bad: true }]))
  dismiss(toasts()[0]!.key)
})

test('nobody decides their own; they can withdraw it', async () => {
  given(anApproval({ requestedById: 'dev-admin' }), () => HttpResponse.error())
  await userEvent.click(await screen.findByRole('button', { name: 'Withdraw' }))
  expect(await screen.findByText('Withdrawn')).toBeVisible()
  expect(screen.queryByRole('button', { name: /^Approve/ })).toBeNull()
})

test('a request that the customer has overtaken says so', async () => {
  given(anApproval({ stale: true, lastHeardAt: instant(2) }), () => HttpResponse.error())
  expect(await screen.findByText(/The customer has written since/)).toBeVisible()
})

test('what the customer wrote just before a press is not decided over, but shown first', async () => {
  const read = anApproval()
  const now = { ...read, stale: true, lastHeardAt: instant(2) }
  const asked = served(read, () =>
    asked.at(-1)?.tag === approvalTag(now)
      ? HttpResponse.json({ ...now, status: 'approved' })
      : HttpResponse.json({ code: 'changed', detail: 'it has changed', current: now }, { status: 412 }),
  )
  const { queryClient } = screenOf(read)
  await screen.findByRole('button', { name: /^Approve/ })
  // Heard live.
  act(() => void queryClient.setQueryData(keys.approval(read.id), now))
  expect(await screen.findByRole('alert')).toHaveTextContent('The customer has written since')
  await userEvent.click(screen.getByRole('button', { name: /^Approve/ }))
  expect(await screen.findByText(/it has changed/i)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: /^Approve/ }))
  expect(await screen.findByText('Approved')).toBeVisible()
  expect(asked.map(({ tag }) => tag)).toEqual([approvalTag(read), approvalTag(now)])
})

test('a proposed reply goes out as edited, and what was asked stays', async () => {
  const approval = anApproval({ type: 'proposed_reply', metadata: { content: 'We refund it.' } })
  const asked = given(approval, () =>
    HttpResponse.json({ ...approval, status: 'approved', decidedBy: 'Dev Admin', editedContent: 'We refund it today.' }),
  )
  await userEvent.click(await screen.findByRole('button', { name: 'Edit and approve' }))
  const field = screen.getByRole('textbox', { name: 'The reply that will be sent' })
  expect(field).toHaveFocus()
  await userEvent.clear(field)
  expect(screen.getByRole('button', { name: /^Approve/ })).toBeDisabled()
  await userEvent.type(field, 'We refund it today.{Control>}{Enter}{/Control}')
  expect(await screen.findByText('Sent instead')).toBeVisible()
  expect(screen.getByText('We refund it.')).toBeVisible()
  expect(asked.map((one) => one.body)).toEqual([{ status: 'approved', content: 'We refund it today.' }])
})

test('a key of an input method decides nothing', async () => {
  const asked = given(anApproval(), () => HttpResponse.error())
  const field = await screen.findByRole('textbox')
  for (const how of [{ isComposing: true }, { keyCode: 229 }]) fireEvent.keyDown(field, { key: 'Enter', ctrlKey: true, ...how })
  expect(screen.getByRole('button', { name: /^Approve/ })).toBeEnabled()
  await new Promise((go) => setTimeout(go, 20))
  expect(asked).toEqual([])
})

test('what was typed for a request is there again for whoever comes back to it, until it is decided', async () => {
  const approval = anApproval({ type: 'proposed_reply', metadata: { content: 'We refund it.' } })
  const asked = served(approval, () => HttpResponse.json({ ...approval, status: 'approved' }))
  const words = () => screen.findByRole('textbox', { name: 'Your message to Ana Beispiel' })
  const before = screenOf(approval)
  await userEvent.type(await words(), 'Well done.')
  await userEvent.click(screen.getByRole('button', { name: 'Edit and approve' }))
  await userEvent.type(screen.getByRole('textbox', { name: 'The reply that will be sent' }), ' Today.')
  before.unmount()
  const other = screenOf(anApproval())
  expect(await words()).toHaveValue('')
  other.unmount()
  const back = screenOf(approval)
  expect(await words()).toHaveValue('Well done.')
  expect(screen.getByRole('textbox', { name: 'The reply that will be sent' })).toHaveValue('We refund it. Today.')
  await userEvent.click(screen.getByRole('button', { name: /^Approve/ }))
  expect(await screen.findByText('Approved')).toBeVisible()
  expect(asked.map((one) => one.body)).toEqual([{ status: 'approved', decision: 'Well done.', content: 'We refund it. Today.' }])
  back.unmount()
  screenOf(approval)
  expect(await words()).toHaveValue('')
})

test('a reply that was begun to be edited can be approved as proposed after all', async () => {
  const approval = anApproval({ type: 'proposed_reply', metadata: { content: 'We refund it.' } })
  const asked = given(approval, () => HttpResponse.json({ ...approval, status: 'approved' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Edit and approve' }))
  await userEvent.click(screen.getByRole('button', { name: 'Leave as proposed' }))
  await userEvent.click(screen.getByRole('button', { name: /^Approve/ }))
  expect(await screen.findByText('Approved')).toBeVisible()
  expect(asked.map((one) => one.body)).toEqual([{ status: 'approved' }])
})

test('the request is shown as it was submitted, beside the conversation as it is', async () => {
  const approval = anApproval({
    metadata: { amount: 300, order: 'AX-1', items: ['a cup', 'a bowl'] },
    snapshot: { status: 'open', assignee: null },
  })
  given(approval, () => HttpResponse.error())
  const request = within(await screen.findByRole('region', { name: 'Request' }))
  for (const words of ['It arrived broken.', '300', 'AX-1', 'a cup, a bowl']) expect(request.getByText(words)).toBeVisible()
  // Its own direction, or the date after a name in Hebrew would be turned around.
  expect(request.getByText('Ana Beispiel').tagName).toBe('BDI')
  expect(request.getByText('The conversation when it was requested')).toBeVisible()
  expect(screen.getByText(`The thread of ${approval.conversationId}`)).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Edit and approve' })).toBeNull()
})

test('every step that is known of a request is told, up to what became of the reply', async () => {
  const reply = aMessage({ messageType: 'outgoing', state: 'delivered', createdAt: instant(30), updatedAt: instant(40) })
  api.use(
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: [reply], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
  )
  const approval = anApproval({
    type: 'proposed_reply',
    metadata: { content: 'Fifty euros.' },
    editedContent: 'Ten euros.',
    status: 'approved',
    lastHeardAt: instant(10),
    decidedAt: instant(20),
    decidedBy: 'Dev Admin',
    messageId: reply.id,
  })
  given(approval, () => HttpResponse.json(approval))
  expect(await screen.findByText('The reply was delivered')).toBeVisible()
  const told = screen.getAllByRole('listitem').map((step) => step.firstChild?.textContent)
  expect(told).toEqual([
    'Ana Beispiel asked',
    'The customer wrote again',
    'Dev Admin approved it, with a different text',
    'The reply was delivered',
  ])
})

test.each([
  ['is one, whatever the clocks say', true, -1],
  ['before it was asked is none, whatever the clocks say', false, 1],
])('of what waits, what the customer wrote %s', (_, stale, second) => {
  const approval = anApproval({ stale, createdAt: instant(0), lastHeardAt: instant(second) })
  expect(stepsOf(approval).map(({ words }) => words)).toEqual(['Ana Beispiel asked', ...(stale ? ['The customer wrote again'] : [])])
})

test('what the customer wrote after the decision is no step of it', () => {
  const approval = anApproval({ status: 'withdrawn', decidedAt: instant(5), decidedBy: 'Ana Beispiel', lastHeardAt: instant(9) })
  expect(stepsOf(approval).map(({ words }) => words)).toEqual(['Ana Beispiel asked', 'Ana Beispiel withdrew it'])
})
