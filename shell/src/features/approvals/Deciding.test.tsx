import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { Approval } from '#api/types.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { instant, uuid } from '#test/samples.ts'

import { Approval as Screen } from './Approval.tsx'

function anApproval(given: Partial<Approval> = {}): Approval {
  return {
    id: uuid(), conversationId: uuid(), type: 'refund', status: 'submitted', reason: 'It arrived broken.',
    metadata: {}, snapshot: {}, stale: false, requestedBy: 'Ana Beispiel', requestedById: 'ana',
    createdAt: instant(0), updatedAt: instant(0), ...given,
  }
}

/** An API with this request; answers what was asked of it. */
function given(approval: Approval, answer: (body: object) => Response) {
  const asked: { body: object; tag: string | null }[] = []
  api.use(
    http.untyped.get('*/api/v1/approvals/:id', () => HttpResponse.json(approval)),
    http.untyped.patch('*/api/v1/approvals/:id', async ({ request }) => {
      const body = (await request.json()) as object
      asked.push({ body, tag: request.headers.get('if-match') })
      return answer(body)
    }),
    http.untyped.delete('*/api/v1/approvals/:id', () => HttpResponse.json({ ...approval, status: 'withdrawn' })),
  )
  show(<Screen id={approval.id} />)
  return asked
}

test('rejecting needs a reason, and is of what was read', async () => {
  const approval = anApproval()
  const asked = given(approval, (body) => HttpResponse.json({ ...approval, ...body, decidedBy: 'Dev Admin' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Reject' }))
  expect(screen.getByText('Say why it is rejected.')).toBeVisible()
  expect(asked).toEqual([])
  await userEvent.type(screen.getByRole('textbox'), 'Too late.')
  await userEvent.click(screen.getByRole('button', { name: 'Reject' }))
  expect(await screen.findByText('Rejected')).toBeVisible()
  expect(asked[0]?.body).toEqual({ status: 'rejected', decision: 'Too late.' })
  expect(asked[0]?.tag).toMatch(/^"[0-9a-f]+-0"$/)
})

test('of two who decide, the second sees who was first', async () => {
  const approval = anApproval()
  given(approval, () =>
    HttpResponse.json(
      {
        code: 'decided', detail: 'it is decided',
        current: { ...approval, status: 'approved', decidedBy: 'Bo Muster', decidedAt: instant(3) },
      },
      { status: 409 },
    ),
  )
  await userEvent.click(await screen.findByRole('button', { name: /^Approve/ }))
  expect(await screen.findByText(/Bo Muster was first: it was approved/)).toBeVisible()
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
