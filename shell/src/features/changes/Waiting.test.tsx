/** Keys that are typed before the dialog has come that they are meant for. */
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { asked as question } from '#desk/asked.ts'
import { clearSelection, select } from '#desk/selection.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation } from '#test/samples.ts'
import { Toasts } from '#ui/Toasts.tsx'

import { Changes } from './Changes.tsx'

vi.mock('./Picker.tsx', () => new Promise(() => undefined))

test('change nothing, until somebody gives the dialog up', async () => {
  const row = aConversation()
  let asked = 0
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', () => HttpResponse.json(row)),
    http.untyped.patch('*/api/v1/conversations/:id', () => {
      asked += 1
      return HttpResponse.json(row)
    }),
  )
  onTestFinished(() => {
    clearSelection()
    question.set(null)
  })
  show(
    <>
      <Changes />
      <Toasts />
    </>,
  )
  await screen.findByRole('status')
  select([row.id])
  await userEvent.keyboard('aep')
  expect(question.get()).toMatchObject({ what: 'assignee' })
  await userEvent.keyboard('{Escape}')
  expect(question.get()).toBeNull()
  expect(asked).toBe(0)
  // Keys act again.
  await userEvent.keyboard('e')
  await waitFor(() => expect(asked).toBe(1))
})
