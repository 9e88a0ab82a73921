/** Decisions that somebody else was before. */
import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { describe, expect, test } from 'vitest'

import type { Approval } from '#api/types.ts'
import { keys } from '#live/keys.ts'
import { api, http } from '#test/api.ts'
import { served } from '#test/approvals.ts'
import { held } from '#test/held.ts'
import { show } from '#test/render.tsx'
import { anApproval, instant } from '#test/samples.ts'

import { Approval as Screen } from './Approval.tsx'

const screenOf = ({ id }: Approval) => show(<Screen id={id} thread={(there) => <p>The thread of {there}</p>} />)

/** An API with this request, on the screen. */
function given(...what: Parameters<typeof served>) {
  served(...what)
  screenOf(what[0])
}

const decided = (approval: Approval, by: Partial<Approval>) =>
  HttpResponse.json(
    { code: 'decided', detail: 'it is decided', current: { ...approval, status: 'approved', decidedAt: instant(3), ...by } },
    { status: 409 },
  )

test.each([
  ['another', { decidedBy: 'Bo Muster', decidedById: 'bo' }, /Bo Muster was first: it was approved/],
  // In other words than those whose answer was lost.
  ['they themselves', { decidedBy: 'Dev Admin', decidedById: 'dev-admin' }, /You had already decided: it was approved/],
])('who decides what %s decided first sees that', async (_, by, told) => {
  const approval = anApproval()
  given(approval, () => decided(approval, by))
  await userEvent.click(await screen.findByRole('button', { name: /^Approve/ }))
  expect(await screen.findByText(told)).toBeVisible()
})

test('who withdraws what was decided first sees that, too', async () => {
  const approval = anApproval({ requestedById: 'dev-admin' })
  served(approval, () => HttpResponse.error())
  api.use(http.untyped.delete('*/api/v1/approvals/:id', () => decided(approval, { decidedBy: 'Bo Muster', decidedById: 'bo' })))
  screenOf(approval)
  await userEvent.click(await screen.findByRole('button', { name: 'Withdraw' }))
  expect(await screen.findByText(/Bo Muster was first: it was approved/)).toBeVisible()
})

test('a request that is not there leads back to the others', async () => {
  api.use(http.untyped.get('*/api/v1/approvals/:id', () => HttpResponse.json({ code: 'not-found' }, { status: 404 })))
  screenOf(anApproval())
  expect(await screen.findByText('This approval does not exist')).toBeVisible()
  expect(screen.getByRole('link', { name: 'Back to the approvals' })).toHaveAttribute('href', '/approvals')
})

describe('whoever writes while somebody else decides', () => {
  const reply = { type: 'proposed_reply', metadata: { content: 'We refund it.' } }
  const byBo = { status: 'rejected', decidedBy: 'Bo Muster', decidedById: 'bo', decidedAt: instant(3) } as const

  /** The request on the screen, and somebody else's decision heard live. */
  async function writing() {
    const approval = anApproval(reply)
    const asked = served(approval, () => HttpResponse.error())
    const { queryClient, unmount } = screenOf(approval)
    await screen.findByRole('button', { name: /^Approve/ })
    const decides = () => act(() => void queryClient.setQueryData(keys.approval(approval.id), { ...approval, ...byBo }))
    return { approval, asked, decides, unmount }
  }

  test('is told who was first and when, and has what they wrote, and the focus there', async () => {
    const { asked, decides } = await writing()
    await userEvent.click(screen.getByRole('button', { name: 'Edit and approve' }))
    await userEvent.type(screen.getByRole('textbox', { name: 'The reply that will be sent' }), ' Today.')
    await userEvent.type(screen.getByRole('textbox', { name: 'Your message to Ana Beispiel' }), 'Well done.')
    decides()
    expect(await screen.findByRole('alert')).toHaveTextContent(/^Bo Muster was first: it was rejected at .+\.$/)
    const text = screen.getByRole('textbox', { name: 'The reply, not sent' })
    expect(text).toHaveFocus()
    // What they were typing changes nothing, and is no key for anything else.
    await userEvent.keyboard(' And{Enter}{Control>}{Enter}{/Control}')
    expect(text).toHaveValue('We refund it. Today.')
    expect(screen.getByRole('textbox', { name: 'Your message, not sent' })).toHaveValue('Well done.')
    expect(asked).toEqual([])
  })

  test('has it until they give it up, on another page of the tab too', async () => {
    const { approval, decides, unmount } = await writing()
    await userEvent.type(screen.getByRole('textbox'), 'Well done.')
    decides()
    await screen.findByRole('alert')
    unmount()
    served({ ...approval, ...byBo }, () => HttpResponse.error())
    screenOf(approval)
    expect(await screen.findByRole('alert')).toHaveTextContent('Bo Muster was first')
    expect(screen.getByRole('textbox')).toHaveValue('Well done.')
    await userEvent.click(screen.getByRole('button', { name: 'Discard' }))
    expect(screen.queryByRole('textbox')).toBeNull()
    expect(screen.getByRole('link', { name: 'Other requests waiting for you' })).toHaveFocus()
  })

  test('and got no answer before that is told it too', async () => {
    const { asked, decides } = await writing()
    await userEvent.click(screen.getByRole('button', { name: /^Approve/ }))
    await waitFor(() => expect(screen.getByRole('alert')).toHaveTextContent('the server cannot be reached'))
    expect(asked).toHaveLength(1)
    decides()
    await waitFor(() => expect(screen.getByRole('alert')).toHaveTextContent('Bo Muster was first'))
    expect(screen.getByRole('link', { name: 'Other requests waiting for you' })).toHaveFocus()
  })
})

test('a request that was decided before somebody came says nothing of being late', async () => {
  given(anApproval({ status: 'approved', decidedBy: 'Bo Muster', decidedById: 'bo', decidedAt: instant(3) }), () => HttpResponse.error())
  expect(await screen.findByText('Approved')).toBeVisible()
  expect(screen.queryByText(/was first/)).toBeNull()
})

test('one’s own decision that is announced before it is answered is not late', async () => {
  const approval = anApproval()
  const { answer, come } = held()
  const asked = served(approval, answer)
  const { queryClient } = screenOf(approval)
  await userEvent.click(await screen.findByRole('button', { name: /^Approve/ }))
  await waitFor(() => expect(asked).toHaveLength(1))
  const now = { ...approval, status: 'approved', decidedBy: 'Dev Admin', decidedById: 'dev-admin', decidedAt: instant(3) } as const
  act(() => void queryClient.setQueryData(keys.approval(approval.id), now))
  expect(await screen.findByText('Approved')).toBeVisible()
  expect(screen.queryByRole('alert')).toBeNull()
  come(HttpResponse.json(now))
  expect(await screen.findByText('You have approved it.')).toBeVisible()
})
