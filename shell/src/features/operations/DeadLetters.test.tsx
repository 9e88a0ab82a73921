import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { useState } from 'react'
import { expect, onTestFinished, test } from 'vitest'

import { connectionStatus } from '#live/status.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'

import { DeadLetters } from './DeadLetters.tsx'
import type { OperationsView } from './view.ts'

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
