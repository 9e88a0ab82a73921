import { createRootRoute } from '@tanstack/react-router'
import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'

import { api, http } from '#test/api.ts'

import { Cache } from './live/cache.ts'
import { Live } from './live/live.ts'

vi.mock('./routes/tree.tsx', () => ({ tree: createRootRoute({ component: () => 'The workspace' }) }))

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
  const watched = vi.spyOn(Cache.prototype, 'watch')
  document.body.innerHTML = '<div id="root"></div>'
  await import('./main.tsx')
  const again = await screen.findByRole('button', { name: 'Try again' })
  // By itself.
  await expect.poll(() => asked).toBe(2)
  await userEvent.click(again)
  await new Promise((go) => setTimeout(go))
  answer(HttpResponse.json({ code: 'forbidden', detail: 'not for you' }, { status: 403 }))
  expect(await screen.findByText(/not for you/i)).toBeVisible()
  expect(asked).toBe(2)
  // Whoever is not let in leaves nothing behind.
  expect(watched).toHaveBeenCalledOnce()
})

test('whoever comes in finds what they typed in this tab before, and nothing that another one typed', async () => {
  sessionStorage.setItem('axis.unsent.ana.escalate 7', JSON.stringify({ value: 'It is much.', at: 1 }))
  sessionStorage.setItem('axis.unsent.bo.escalate 7', JSON.stringify({ value: 'It is little.', at: 1 }))
  api.use(
    http.untyped.get('*/api/v1/auth/config', () => HttpResponse.json({ mode: 'dev' })),
    http.untyped.get('*/api/v1/me', () => HttpResponse.json({ id: 'ana', name: 'Ana Beispiel', permissions: [] })),
  )
  vi.spyOn(Live.prototype, 'start').mockReturnValue(() => undefined)
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText('The workspace')).toBeVisible()
  expect(Object.keys(sessionStorage)).toEqual(['axis.unsent.ana.escalate 7'])
})
