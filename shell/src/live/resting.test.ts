import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'

import { server } from '#test/streams.ts'

import { session } from '../auth/session.ts'

import { Live } from './live.ts'
import { connectionStatus } from './status.ts'

const READY = 'id: e:7\nevent: ready\ndata: {}\n\n'
const stops: (() => void)[] = []
const settle = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => {
  vi.useFakeTimers()
  connectionStatus.set({ state: 'connecting', heardAt: null })
})
afterEach(async () => {
  for (const stop of stops.splice(0)) stop()
  await settle()
  vi.useRealTimers()
})

/** A tab, from now on; all of them are seen, or none. */
async function tab() {
  stops.push(new Live(new QueryClient()).start())
  await settle()
}

function see(how: DocumentVisibilityState) {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(how)
  document.dispatchEvent(new Event('visibilitychange'))
}

/** A browser with locks. */
function locks() {
  const held = new Set<string>()
  const request = async (name: string, _options: LockOptions, work: (lock: object | null) => unknown) => {
    if (held.has(name)) return await work(null)
    held.add(name)
    await work({})
    held.delete(name)
  }
  Object.defineProperty(navigator, 'locks', { configurable: true, value: { request } })
  onTestFinished(() => void Reflect.deleteProperty(navigator, 'locks'))
}

test('a tab that nobody sees closes its stream after a while, and goes on from there when somebody looks', async () => {
  const streams = server()
  await tab()
  streams[0]?.send(READY)
  await settle()
  const told: string[] = []
  onTestFinished(connectionStatus.subscribe(() => told.push(connectionStatus.get().state)))
  see('hidden')
  await vi.advanceTimersByTimeAsync(29_000)
  expect(streams[0]?.aborted()).toBe(false)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(streams[0]?.aborted()).toBe(true)
  await vi.advanceTimersByTimeAsync(60 * 60_000)
  expect(streams).toHaveLength(1)
  see('visible')
  await settle()
  expect(streams).toHaveLength(2)
  expect(streams[1]?.headers.get('last-event-id')).toBe('e:7')
  streams[1]?.send(READY)
  await settle()
  // It was not lost.
  expect([...new Set(told)]).toEqual(['connecting', 'live'])
})

test('whoever looks elsewhere for a moment finds it open', async () => {
  const streams = server()
  await tab()
  see('hidden')
  await vi.advanceTimersByTimeAsync(20_000)
  see('visible')
  await vi.advanceTimersByTimeAsync(20_000)
  expect(streams).toHaveLength(1)
  expect(streams[0]?.aborted()).toBe(false)
})

test('of several that nobody sees one keeps its stream, and lets others keep theirs once it is seen', async () => {
  locks()
  const streams = server()
  for (let tabs = 0; tabs < 3; tabs += 1) await tab()
  const open = () => streams.filter((one) => !one.aborted()).length
  for (let times = 0; times < 2; times += 1) {
    see('hidden')
    await vi.advanceTimersByTimeAsync(31_000)
    expect(open()).toBe(1)
    see('visible')
    await settle()
    expect(open()).toBe(3)
  }
})

test('one that is opened behind another needs none before it is seen', async () => {
  const streams = server()
  see('hidden')
  await tab()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(streams).toHaveLength(0)
  see('visible')
  await settle()
  expect(streams).toHaveLength(1)
})

test('nobody is signed out by that: tokens are renewed as they end', async () => {
  const streams = server()
  const { token, endsAt } = session()
  onTestFinished(() => void Object.assign(session(), { token, endsAt }))
  let renewed = 0
  const renews = () => {
    renewed += 1
    Object.assign(session(), { endsAt: Date.now() + 300_000 })
    return Promise.resolve('another')
  }
  await tab()
  Object.assign(session(), { token: renews, endsAt: Date.now() + 300_000 })
  see('hidden')
  await vi.advanceTimersByTimeAsync(31 * 60_000)
  expect(renewed).toBe(6)
  expect(streams).toHaveLength(1)
  see('visible')
  await settle()
  expect(streams).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(29_000)
  expect(streams).toHaveLength(2)
})
