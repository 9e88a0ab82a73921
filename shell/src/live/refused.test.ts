/** What was refused, and is wanted again: roles may have been given since. */
import { QueryClient } from '@tanstack/react-query'
import { expect, onTestFinished, test, vi } from 'vitest'

import { Failure } from '../api/failure.ts'
import { session } from '../auth/session.ts'

import { again } from './again.ts'
import { Live } from './live.ts'
import { connectionStatus } from './status.ts'

/** What happens, in its order. */
function given() {
  const happened: string[] = []
  const { anew } = session()
  onTestFinished(() => void Object.assign(session(), { anew }))
  Object.assign(session(), { anew: () => Promise.resolve(void happened.push('token')) })
  return { happened, refetch: () => Promise.resolve(happened.push('read')) }
}

test.each([
  [403, ['token', 'read']],
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
  [403, ['token']],
  [404, []],
])('so is the connection that was refused (%i)', async (status, order) => {
  const { happened } = given()
  onTestFinished(() => connectionStatus.set({ state: 'connecting', heardAt: null }))
  connectionStatus.set({ state: 'refused', why: new Failure(status, {}), heardAt: null })
  vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('nothing is asked for here'))
  await new Live(new QueryClient()).reconnect()
  expect(happened).toEqual(order)
})
