/** What was refused, and is wanted again: roles may have been given since. */
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { Failure } from '../api/failure.ts'
import { session } from '../auth/session.ts'
import { api, http } from '../test/api.ts'
import { soon } from '../test/soon.ts'

import { again } from './again.ts'
import { Live } from './live.ts'
import { createQueryClient } from './queryClient.ts'
import { connectionStatus } from './status.ts'

/** What happens, in its order. */
function given() {
  const happened: string[] = []
  api.use(
    http.untyped.get('*/api/v1/me', () => {
      happened.push('roles')
      return HttpResponse.json({ id: 'ana', name: 'Ana Beispiel', permissions: ['conversations:read'] })
    }),
  )
  const { anew, person } = session()
  onTestFinished(() => void Object.assign(session(), { anew, person }))
  Object.assign(session(), { anew: () => Promise.resolve(void happened.push('token')) })
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
