import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { keys } from '#live/keys.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, anApproval, uuid } from '#test/samples.ts'

import { Reading } from './Reading.tsx'

function refused(status: number) {
  api.use(http.untyped.get('*/api/v1/conversations/:id', () => HttpResponse.json({ code: 'any', detail: 'not to be had' }, { status })))
}

test('a conversation that is not there is not asked for again: there is a way to the inbox', async () => {
  refused(404)
  const { router } = show(<Reading id={uuid()} />)
  await router.navigate({ to: '/approvals/$id', params: { id: uuid() } })
  await screen.findByText('This conversation does not exist')
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Back to the inbox' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/inbox'))
})

test('one that did not load is', async () => {
  refused(500)
  show(<Reading id={uuid()} />)
  expect(await screen.findByRole('button', { name: 'Try again' })).toBeVisible()
})

test('what is read beside a request says that its account is disconnected', async () => {
  const here = aConversation()
  api.use(
    http.get('/api/v1/conversations/{id}', ({ response }) => response(200).json(here)),
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: [], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
  )
  const { queryClient } = show(<Reading id={here.id} />)
  queryClient.setQueryData(keys.chatwoot(), { data: [] })
  expect(await screen.findByText(/account is disconnected/)).toBeVisible()
})

test('beside a request, its reply does not lead to where one is', async () => {
  const here = aConversation()
  const approval = anApproval({ conversationId: here.id, type: 'proposed_reply', metadata: { content: 'We refund it.' } })
  api.use(
    http.get('/api/v1/conversations/{id}', ({ response }) => response(200).json(here)),
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: [], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
    http.untyped.get('*/api/v1/approvals', () => HttpResponse.json({ data: [approval], page: { limit: 100 }, position: NOWHERE })),
  )
  const { router } = show(<Reading id={here.id} />)
  expect(await screen.findByRole('link', { name: 'Open the approval' })).toBeVisible()
  await router.navigate({ to: '/approvals/$id', params: { id: approval.id } })
  await waitFor(() => expect(screen.queryByRole('link', { name: 'Open the approval' })).toBeNull())
  expect(screen.getByText('We refund it.')).toBeVisible()
})
