import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, anApproval, instant, uuid } from '#test/samples.ts'

import { Context } from './Context.tsx'

const HERE = aConversation()
const REQUEST = anApproval()
const NEWER = ['Newer contact details', 'Newer conversations', 'Newer requests', 'Newer activity']

function answering() {
  const page = { limit: 50, nextCursor: null }
  api.use(
    http.untyped.get('*/api/v1/contacts/:id', () =>
      HttpResponse.json({
        id: HERE.contact?.id, accountId: uuid(1), chatwootId: 5, name: 'Paula Probe',
        additionalAttributes: {}, customAttributes: {}, blocked: false, updatedAt: instant(0),
      }),
    ),
    http.untyped.get('*/api/v1/conversations', () => HttpResponse.json({ data: [HERE], page, position: NOWHERE })),
    http.untyped.get('*/api/v1/approvals', () => HttpResponse.json({ data: [REQUEST], page, position: NOWHERE })),
    http.untyped.get('*/api/v1/activity', () => HttpResponse.json({ data: [], page, position: NOWHERE })),
  )
}

test('each section says that it could not be loaded again, keeps what it has, and tries once more', async () => {
  answering()
  const { queryClient } = show(<Context conversation={HERE} />)
  const kept = [
    await screen.findByText('Only the name is available'),
    await screen.findByText('No previous conversations'),
    await screen.findByText('It arrived broken.'),
    await screen.findByText('Nothing has happened yet'),
  ]
  expect(screen.queryAllByText(/did not load/)).toEqual([])

  api.use(http.untyped.get('*/api/v1/*', () => HttpResponse.json({ code: 'unavailable', detail: 'it is down' }, { status: 503 })))
  await act(() => queryClient.refetchQueries())
  for (const what of NEWER) expect(await screen.findByText(`${what} did not load. Try again`)).toBeVisible()
  for (const one of kept) expect(one).toBeVisible()

  answering()
  for (const what of NEWER) await userEvent.click(screen.getByText(`${what} did not load. Try again`))
  await expect.poll(() => screen.queryAllByText(/did not load/)).toEqual([])
  for (const one of kept) expect(one).toBeVisible()
})
