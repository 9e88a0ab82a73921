import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { Approval } from '#api/types.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { anAbout, anAnnouncement, anApproval, instant } from '#test/samples.ts'

import { Approval as Screen } from './Approval.tsx'
import { Approvals } from './Approvals.tsx'

function given(rows: Approval[]) {
  const asked: URLSearchParams[] = []
  api.use(
    http.get('/api/v1/approvals', ({ request, response }) => {
      asked.push(new URL(request.url).searchParams)
      return response(200).json({ data: rows, page: { limit: 50 }, position: NOWHERE })
    }),
  )
  return asked
}

test('the queue says what waits, for whom, and whether it is overtaken', async () => {
  const asked = given([anApproval({ stale: true })])
  show(<Approvals view={{ show: 'waiting', type: 'refund' }} />)
  const row = await screen.findByRole('link', { name: /It arrived broken/ })
  expect(screen.getByText('It arrived broken.')).toHaveAttribute('dir', 'auto')
  expect(row).toHaveTextContent('asked by Ana Beispiel')
  expect(row).toHaveTextContent('the customer has written since')
  expect(asked[0]?.get('waitingFor')).toBe('me')
  expect(asked[0]?.get('type')).toBe('refund')
  expect(screen.getByRole('button', { name: 'Waiting for me' })).toHaveAttribute('aria-pressed', 'true')
  expect(screen.queryByRole('button', { name: /^Status/ })).toBeNull()
})

test.each([
  [anAbout(), 'Paula Probe #7, Website · Refund'],
  [anAbout({ contact: null }), '#7, Website · Refund'],
  // An answer of before it was told.
  [undefined, 'Refund'],
])('the queue says whom a request concerns: %o', async (about, words) => {
  given([anApproval({ ...(about && { about }) })])
  show(<Approvals view={{}} />)
  const row = await screen.findByRole('link', { name: /It arrived broken/ })
  expect(row).toHaveTextContent(`It arrived broken.${words} · asked by Ana Beispiel`)
})

test('from a request, the way back leads to the list that it was opened from', async () => {
  const approval = anApproval()
  given([approval])
  api.use(http.untyped.get('*/api/v1/approvals/:id', () => HttpResponse.json(approval)))
  const list = show(<Approvals view={{ show: 'waiting', type: 'refund' }} />)
  const there = (await screen.findByRole('link', { name: /It arrived broken/ })).getAttribute('href') ?? ''
  list.unmount()
  const { router } = show(<Screen id={approval.id} thread={() => null} />)
  await act(() => router.navigate({ href: there }))
  const back = (await screen.findByRole('link', { name: 'Approvals' })).getAttribute('href') ?? ''
  expect(Object.fromEntries(new URL(back, window.location.origin).searchParams)).toEqual({ show: 'waiting', type: 'refund' })
})

test('filters are in the address', async () => {
  given([anApproval()])
  const { router } = show(<Approvals view={{ show: 'mine' }} />)
  await userEvent.click(await screen.findByRole('button', { name: /^Status/ }))
  await userEvent.click(await screen.findByRole('menuitemradio', { name: 'Rejected' }))
  await waitFor(() => expect(router.state.location.search).toEqual({ show: 'mine', status: 'rejected' }))
  await userEvent.click(within(screen.getByRole('group', { name: 'Show' })).getByRole('button', { name: 'Decided by me' }))
  await waitFor(() => expect(router.state.location.search).toEqual({ show: 'decided' }))
  await userEvent.click(screen.getByRole('button', { name: /^Type/ }))
  await userEvent.click(await screen.findByRole('menuitemradio', { name: 'Refund' }))
  await waitFor(() => expect(router.state.location.search).toEqual({ show: 'mine', type: 'refund' }))
})

test('an empty queue says why it is empty', async () => {
  given([])
  show(<Approvals view={{ show: 'waiting' }} />)
  expect(await screen.findByText('Nothing is waiting for your decision')).toBeVisible()
})

test.each([
  [[anApproval()], 'It arrived broken.'],
  [[], 'No approvals'],
])('that a queue may be of before is said', async (rows, words) => {
  given(rows)
  const { queryClient } = show(<Approvals view={{}} />)
  expect(await screen.findByText(words)).toBeVisible()
  expect(screen.queryByRole('alert')).toBeNull()
  api.use(http.untyped.get('*/api/v1/approvals', () => HttpResponse.json({ code: 'unavailable', detail: 'it is down' }, { status: 503 })))
  await act(() => queryClient.refetchQueries())
  expect(await screen.findByText('This may be out of date: it is down.')).toBeVisible()
  expect(screen.getByText(words)).toBeVisible()
})

test('earlier requests that do not load say so, and are asked for again', async () => {
  let broken = true
  const [rows, earlier] = [[anApproval()], [anApproval({ reason: 'Long ago.' })]]
  api.use(
    http.untyped.get('*/api/v1/approvals', ({ request }) => {
      const cursor = new URL(request.url).searchParams.get('cursor')
      if (cursor === null) return HttpResponse.json({ data: rows, page: { limit: 50, nextCursor: 'further' }, position: NOWHERE })
      if (broken) return HttpResponse.json({ code: 'unavailable', detail: 'not now' }, { status: 503 })
      return HttpResponse.json({ data: cursor === 'further' ? earlier : [], page: { limit: 50, nextCursor: null }, position: NOWHERE })
    }),
  )
  show(<Approvals view={{}} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Show earlier' }))
  const again = await screen.findByRole('button', { name: 'Earlier requests did not load. Try again' })
  broken = false
  await userEvent.click(again)
  expect(await screen.findByRole('link', { name: /Long ago/ })).toBeVisible()
})

test('the next request has the focus once a colleague has decided the one that had it', async () => {
  const rows = ['First.', 'Second.', 'Third.'].map((reason, index) => anApproval({ reason, createdAt: instant(30 - index) }))
  given(rows)
  const { live } = show(<Approvals view={{ show: 'waiting' }} />)
  const link = (reason: string) => screen.getByRole('link', { name: new RegExp(reason) })
  await screen.findByText('Second.')
  act(() => link('Second').focus())
  const decided = { ...rows[1]!, status: 'approved' as const, updatedAt: instant(50) }
  given([rows[0]!, rows[2]!])
  act(() => {
    const told = anAnnouncement({ type: 'approval_approved', conversationId: decided.conversationId, approval: decided })
    live.take({ event: 'approval_approved', id: 'e:1', data: JSON.stringify(told) })
  })
  await waitFor(() => expect(screen.queryByText('Second.')).toBeNull())
  expect(link('Third')).toHaveFocus()
})
