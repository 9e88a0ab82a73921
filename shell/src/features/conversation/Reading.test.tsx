import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { uuid } from '#test/samples.ts'

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
