import { HttpResponse } from 'msw'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { api, http } from '#test/api.ts'
import { uuid } from '#test/samples.ts'
import { soon } from '#test/soon.ts'

import { everybody, present, presentOf } from './presence.ts'
import { tellAgain, tellHere, tellLeft, tellStopped, tellTyping } from './telling.ts'

// Others each time: that somebody has left is told after their test, too.
let [A, B] = [uuid(), uuid()]
let told: unknown[] = []

beforeEach(() => {
  ;[A, B] = [uuid(), uuid()]
  told = []
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] })
  const note = async ({ params, request }: { params: { id?: unknown }; request: Request }) => {
    if (params.id === A || params.id === B) told.push(await request.json())
    return new HttpResponse(null, { status: 204 })
  }
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/typing', note),
    http.untyped.post('*/api/v1/conversations/:id/presence', note),
  )
})
afterEach(() => {
  tellStopped()
  tellLeft(A)
  vi.useRealTimers()
})

test('typing is told at most every three seconds, and that it stopped', async () => {
  for (let word = 0; word < 10; word += 1) {
    tellTyping(A, false)
    vi.advanceTimersByTime(400)
  }
  tellStopped()
  tellStopped()
  await soon(() => expect(told).toHaveLength(3))
  expect(told).toEqual([{ on: true, private: false }, { on: true, private: false }, { on: false, private: false }])
})

test('a note that is begun ends the reply', async () => {
  tellTyping(A, false)
  tellTyping(A, true)
  await soon(() => expect(told).toHaveLength(3))
  expect(told).toEqual([{ on: true, private: false }, { on: false, private: false }, { on: true, private: true }])
})

test('who looks says it again and again, to newcomers too, until they leave', async () => {
  tellHere(A, 'viewing')
  tellHere(A, 'viewing')
  vi.advanceTimersByTime(20_000)
  tellHere(A, 'replying')
  tellAgain(B)
  tellAgain(A)
  tellLeft(A)
  vi.advanceTimersByTime(60_000)
  await soon(() => expect(told).toHaveLength(5))
  expect(told).toEqual(['viewing', 'viewing', 'replying', 'replying', 'away'].map((state) => ({ state })))
})

test('what is told arrives in its order, however long it takes', async () => {
  const arrived: unknown[] = []
  let arrives = (): void => undefined
  const first = new Promise<void>((resolve) => {
    arrives = resolve
  })
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/presence', async ({ request }) => {
      const state: unknown = await request.json()
      if (arrived.push(state) === 1) await first
      told.push(state)
      return new HttpResponse(null, { status: 204 })
    }),
  )
  tellHere(A, 'viewing')
  vi.advanceTimersByTime(300)
  tellHere(A, 'replying')
  tellLeft(A)
  await soon(() => expect(arrived).toHaveLength(1))
  arrives()
  await soon(() => expect(told).toHaveLength(3))
  expect(told).toEqual(['viewing', 'replying', 'away'].map((state) => ({ state })))
})

test('who passes by on the way to another conversation is not told of', async () => {
  tellHere(A, 'viewing')
  vi.advanceTimersByTime(200)
  tellAgain(A)
  tellLeft(A)
  tellHere(B, 'viewing')
  vi.advanceTimersByTime(300)
  tellLeft(B)
  await soon(() => expect(told).toHaveLength(2))
  expect(told).toEqual([{ state: 'viewing' }, { state: 'away' }])
})

test('who opens it in a tab that nobody sees is told of once somebody looks, and stays', async () => {
  const visibility = vi.spyOn(document, 'visibilityState', 'get')
  const turn = (state: DocumentVisibilityState) => {
    visibility.mockReturnValue(state)
    document.dispatchEvent(new Event('visibilitychange'))
  }
  turn('hidden')
  tellHere(A, 'viewing')
  vi.advanceTimersByTime(1_000)
  turn('visible')
  vi.advanceTimersByTime(200)
  turn('hidden')
  vi.advanceTimersByTime(1_000)
  turn('visible')
  vi.advanceTimersByTime(300)
  turn('hidden')
  turn('visible')
  tellLeft(A)
  await soon(() => expect(told).toHaveLength(3))
  expect(told).toEqual(['viewing', 'viewing', 'away'].map((state) => ({ state })))
  turn('hidden')
  turn('visible')
  vi.advanceTimersByTime(1_000)
  visibility.mockRestore()
})

test('whoever says no more that they are there has left', () => {
  vi.useFakeTimers()
  const ana = { id: 'ana', name: 'Ana Beispiel', replies: false }
  const here = () => presentOf(everybody.get(), A)
  expect(present(A, ana, true)).toBe(true)
  expect(present(A, { ...ana, replies: true }, true)).toBe(false)
  expect(here()).toEqual([{ ...ana, replies: true }])
  vi.advanceTimersByTime(45_000)
  expect(here()).toEqual([])
  present(A, ana, true)
  present(A, ana, false)
  expect(here()).toEqual([])
})
