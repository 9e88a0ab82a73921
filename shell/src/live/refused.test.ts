/** What was refused, and is wanted again: roles may have been given since. */
import { MutationObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { Failure } from '../api/failure.ts'
import { session } from '../auth/session.ts'
import { api, http } from '../test/api.ts'
import { renewing } from '../test/renewing.ts'
import { aMessage, uuid } from '../test/samples.ts'
import { soon } from '../test/soon.ts'

import { again } from './again.ts'
import { Live } from './live.ts'
import { Outbox } from './outbox.ts'
import { AT_ONCE, createQueryClient } from './queryClient.ts'
import { connectionStatus } from './status.ts'

/** What happens, in its order. */
function given() {
  const happened = renewing()
  return { happened, refetch: () => Promise.resolve(happened.push('read')) }
}

test.each([
  [403, ['token', 'roles', 'read']],
  [404, ['read']],
  [503, ['read']],
])('what did not load (%i) is read again with another token if roles may let it', async (status, order) => {
  const { happened, refetch } = given()
  await again({ error: new Failure(status, {}), refetch })
  expect(happened).toEqual(order)
})

test('and with the one that there is if no other can be had', async () => {
  const { happened, refetch } = given()
  Object.assign(session(), { anew: () => Promise.reject(new Failure(503, {})) })
  await again({ error: new Failure(403, {}), refetch })
  expect(happened).toEqual(['read'])
})

test.each([
  [403, ['token', 'roles']],
  [404, []],
])('so is the connection that was refused (%i)', async (status, order) => {
  const { happened } = given()
  onTestFinished(() => connectionStatus.set({ state: 'connecting', heardAt: null }))
  connectionStatus.set({ state: 'refused', why: new Failure(status, {}), heardAt: null })
  await new Live(new QueryClient()).reconnect()
  expect(happened).toEqual(order)
})

test('and whatever else was refused for want of a role', async () => {
  given()
  const client = createQueryClient(false)
  const read = vi.fn((status: number) => Promise.reject(new Failure(status, {})))
  for (const status of [403, 404]) {
    const observer = new QueryObserver(client, { queryKey: ['approval', status], queryFn: () => read(status) })
    onTestFinished(observer.subscribe(() => undefined))
  }
  await soon(() => expect(client.isFetching()).toBe(0))
  await new Live(client).reconnect()
  expect(read.mock.calls).toEqual([[403], [404], [403]])
})

test.each([
  [403, ['asked', 'token', 'roles', 'asked', 'asked']],
  [422, ['asked', 'asked', 'asked']],
])('what was refused (%i) is asked for again with another token if roles may let it', async (status, order) => {
  const { happened } = given()
  const client = createQueryClient()
  const ask = () => {
    happened.push('asked')
    return happened.length === 1 ? Promise.reject(new Failure(status, {})) : Promise.resolve()
  }
  // Whoever asks again may have closed what asked first.
  for (let times = 0; times < 3; times += 1) {
    await new MutationObserver(client, { mutationFn: ask }).mutate().catch(() => undefined)
  }
  expect(happened).toEqual(order)
})

test('what is taken back waits for no token', async () => {
  const { happened } = given()
  const client = createQueryClient()
  const refused = () => Promise.reject(new Failure(403, {}))
  await new MutationObserver(client, { mutationFn: refused }).mutate().catch(() => undefined)
  const act = (what: string) => () => Promise.resolve(happened.push(what))
  await new MutationObserver(client, { meta: AT_ONCE, mutationFn: act('taken back') }).mutate()
  await new MutationObserver(client, { mutationFn: act('asked') }).mutate()
  expect(happened).toEqual(['taken back', 'token', 'roles', 'asked'])
})

test.each([
  [403, ['asked', 'token', 'roles', 'asked', 'another']],
  [422, ['asked', 'asked', 'another']],
])('but if that was refused itself (%i), another token is there for the next try', async (status, order) => {
  const { happened } = given()
  const client = createQueryClient()
  const ask = () => {
    happened.push('asked')
    return happened.length === 1 ? Promise.reject(new Failure(status, {})) : Promise.resolve()
  }
  const takeBack = () => new MutationObserver(client, { meta: AT_ONCE, mutationFn: ask }).mutate()
  await takeBack().catch(() => undefined)
  if (status === 403) await soon(() => expect(happened).toContain('roles'))
  await takeBack()
  // Which has nothing to do with it, and needs none.
  await new MutationObserver(client, { mutationFn: () => Promise.resolve(happened.push('another')) }).mutate()
  expect(happened).toEqual(order)
})

test.each([
  [403, ['sent', 'token', 'roles', 'sent']],
  [422, ['sent', 'sent']],
])('so is a reply (%i)', async (status, order) => {
  const { happened } = given()
  const here = uuid(77)
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', () => {
      happened.push('sent')
      if (happened.length === 1) return HttpResponse.json({ detail: 'you may not reply' }, { status })
      return HttpResponse.json(aMessage({ conversationId: here }), { status: 201 })
    }),
  )
  const earlier = new Outbox({ accept: () => undefined })
  const stop = earlier.start()
  earlier.send(here, 'Hello', false)
  await soon(() => expect(earlier.of(here)).toMatchObject([{ state: 'refused' }]))
  stop()
  // That it was refused outlives the page.
  const box = new Outbox({ accept: () => undefined })
  onTestFinished(box.start())
  await box.retry(box.of(here)[0]!)
  await soon(() => expect(box.of(here)).toEqual([]))
  expect(happened).toEqual(order)
})

test.each([
  [403, ['sent', 'token', 'roles']],
  [422, ['sent']],
])('a reply that is discarded before it is tried again is not sent (%i)', async (status, order) => {
  const { happened } = given()
  const here = uuid(77)
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', () => {
      happened.push('sent')
      return HttpResponse.json({ detail: 'you may not reply' }, { status })
    }),
  )
  const box = new Outbox({ accept: () => undefined })
  onTestFinished(box.start())
  box.send(here, 'Hello', false)
  await soon(() => expect(box.of(here)).toMatchObject([{ state: 'refused' }]))
  const entry = box.of(here)[0]!
  // One waits for a token, the other for whatever comes before a press.
  const again = status === 403 ? box.retry(entry) : null
  box.discard(entry)
  await (again ?? box.retry(entry))
  expect(box.of(here)).toEqual([])
  expect(happened).toEqual(order)
})
