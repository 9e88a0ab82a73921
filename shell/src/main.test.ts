import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { api, http } from '#test/api.ts'

test('who knocks while they are being let in is not let in twice', async () => {
  let asked = 0
  let answer: (response: Response) => void = () => undefined
  api.use(
    http.untyped.get('*/api/v1/auth/config', () => {
      asked += 1
      if (asked === 1) return HttpResponse.json({ code: 'unavailable', detail: 'not now' }, { status: 503 })
      return new Promise<Response>((resolve) => (answer = resolve))
    }),
  )
  document.body.innerHTML = '<div id="root"></div>'
  await import('./main.tsx')
  const again = await screen.findByRole('button', { name: 'Try again' })
  // By itself.
  await expect.poll(() => asked, { timeout: 10_000 }).toBe(2)
  await userEvent.click(again)
  await new Promise((go) => setTimeout(go))
  answer(HttpResponse.json({ code: 'forbidden', detail: 'not for you' }, { status: 403 }))
  expect(await screen.findByText(/not for you/i)).toBeVisible()
  expect(asked).toBe(2)
})
