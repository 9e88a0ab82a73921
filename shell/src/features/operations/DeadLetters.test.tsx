import { useRouterState } from '@tanstack/react-router'
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { useState } from 'react'
import { expect, onTestFinished, test } from 'vitest'

import { connectionStatus } from '#live/status.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { instant, uuid } from '#test/samples.ts'

import { DeadLetters } from './DeadLetters.tsx'
import type { OperationsView } from './view.ts'

const aLetter = (number: number) => ({
  id: uuid(600 + number), at: instant(0), stream: 'INBOUND', streamSequence: number, sequence: number, consumer: 'sync-worker',
  subject: 'inbound.1.message_created', event: 'message_created', reason: 'undecodable', detail: `letter ${number}`, bytes: 20, headers: {}, payload: {},
})

test('what follows an empty page is not asked for without a network, and is once it is back', async () => {
  const asked: (string | null)[] = []
  api.use(
    http.untyped.get('*/api/v1/operations/dead-letters', ({ request }) => {
      const cursor = new URL(request.url).searchParams.get('cursor')
      asked.push(cursor)
      return HttpResponse.json({ data: [], page: { limit: 50, nextCursor: cursor === null ? 'more' : null } })
    }),
  )
  onTestFinished(() => connectionStatus.set({ state: 'connecting', heardAt: null }))
  connectionStatus.set({ state: 'offline', heardAt: null })
  const { queryClient } = show(<DeadLetters view={{ show: 'dead-letters' }} acts={false} />)
  await waitFor(() => expect(asked).not.toEqual([]))
  await waitFor(() => expect(queryClient.isFetching()).toBe(0))
  expect(asked).toEqual([null])
  expect(screen.queryByText('No dead letters')).toBeNull()
  act(() => connectionStatus.set({ state: 'live', heardAt: 1 }))
  expect(await screen.findByText('No dead letters')).toBeVisible()
  expect(asked).toEqual([null, 'more'])
})

test('of many pages without a letter a few are looked through, and further ones when somebody says so', async () => {
  let asked = 0
  api.use(
    http.untyped.get('*/api/v1/operations/dead-letters', ({ request }) => {
      asked += 1
      const page = Number(new URL(request.url).searchParams.get('cursor') ?? 0)
      return HttpResponse.json({ data: [], page: { limit: 50, nextCursor: page < 30 ? String(page + 1) : null } })
    }),
  )
  show(<DeadLetters view={{ show: 'dead-letters' }} acts={false} />)
  const further = await screen.findByRole('button', { name: 'Look further' })
  expect(asked).toBe(4)
  fireEvent.click(further)
  await waitFor(() => expect(asked).toBe(8))
  expect(await screen.findByRole('button', { name: 'Look further' })).toBeVisible()
  expect(asked).toBe(8)
})

test('whoever has further ones looked through keeps the focus there, and has it among those that are found', async () => {
  api.use(
    http.untyped.get('*/api/v1/operations/dead-letters', ({ request }) => {
      const page = Number(new URL(request.url).searchParams.get('cursor') ?? 0)
      return HttpResponse.json({ data: page === 10 ? [aLetter(1)] : [], page: { limit: 50, nextCursor: page < 10 ? String(page + 1) : null } })
    }),
  )
  show(<DeadLetters view={{ show: 'dead-letters' }} acts={false} />)
  const further = await screen.findByRole('button', { name: 'Look further' })
  act(() => further.focus())
  fireEvent.click(further)
  expect(further).toHaveAttribute('aria-disabled', 'true')
  await waitFor(() => expect(further).not.toHaveAttribute('aria-disabled'))
  expect(further).toHaveFocus()
  fireEvent.click(further)
  await screen.findByRole('list', { name: 'Dead letters' })
  expect(screen.getByRole('group', { name: 'Letters' })).toHaveFocus()
})

test('the next letter has the focus once one that was redriven has left the list, and of the last one the place of it', async () => {
  let letters = [1, 2, 3].map(aLetter)
  api.use(
    http.untyped.get('*/api/v1/operations/dead-letters', () => HttpResponse.json({ data: letters, page: { limit: 50, nextCursor: null } })),
    http.untyped.get('*/api/v1/operations/dead-letters/:id', ({ params }) => HttpResponse.json(letters.find((one) => one.id === params.id))),
    http.untyped.post('*/api/v1/operations/dead-letters/:id/redrive', async ({ params, request }) => {
      const deadLetter = letters.find((one) => one.id === params.id)
      const { dryRun } = (await request.json()) as { dryRun: boolean }
      if (!dryRun) letters = letters.filter((one) => one !== deadLetter)
      return HttpResponse.json({ outcome: dryRun ? 'would-be-sent' : 'sent', deadLetter })
    }),
  )
  function Screen() {
    return <DeadLetters view={useRouterState({ select: ({ location }) => location.search as OperationsView })} acts />
  }
  show(<Screen />)
  const redrive = async (number: number) => {
    act(() => screen.getByRole('button', { name: new RegExp(`letter ${number}`) }).focus())
    await userEvent.keyboard('{Enter}')
    await userEvent.click(await screen.findByRole('button', { name: 'Redrive…' }))
    await userEvent.click(await screen.findByRole('button', { name: 'Redrive it' }))
    await waitFor(() => expect(screen.queryByText(new RegExp(`letter ${number}`))).toBeNull())
  }
  await screen.findByText(/letter 1/)
  await redrive(2)
  await waitFor(() => expect(screen.getByRole('button', { name: /letter 3/ })).toHaveFocus())
  await redrive(3)
  await waitFor(() => expect(screen.getByRole('button', { name: /letter 1/ })).toHaveFocus())
  await redrive(1)
  await screen.findByText('No dead letters')
  await waitFor(() => expect(screen.getByRole('group', { name: 'Letters' })).toHaveFocus())
})

test('that there is nothing with a filter is said once that is known', async () => {
  let answer: () => void = () => undefined
  api.use(
    http.untyped.get('*/api/v1/operations/dead-letters', async ({ request }) => {
      if (new URL(request.url).searchParams.has('reason')) await new Promise<void>((resolve) => (answer = resolve))
      return HttpResponse.json({ data: [], page: { limit: 50, nextCursor: null } })
    }),
  )
  let choose: (view: OperationsView) => void = () => undefined
  function Choosing() {
    const [view, setView] = useState<OperationsView>({ show: 'dead-letters' })
    choose = setView
    return <DeadLetters view={view} acts={false} />
  }
  show(<Choosing />)
  await screen.findByText('No dead letters')
  act(() => choose({ show: 'dead-letters', reason: 'rejected' }))
  expect(screen.getByRole('status', { name: 'Loading dead letters' })).toBeVisible()
  expect(screen.queryByText(/^No dead letters/)).toBeNull()
  await waitFor(() => {
    answer()
    expect(screen.getByText('No dead letters match these filters')).toBeVisible()
  })
})
