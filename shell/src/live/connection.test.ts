import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { server } from '#test/streams.ts'

import { Failure } from '../api/failure.ts'

import { backoff } from './backoff.ts'
import { Connection } from './connection.ts'
import type { Frame } from './sse.ts'

function connect(endsAt: number | null = null, first?: Promise<never>, often = 1) {
  const frames: Frame[] = []
  const lost: string[] = []
  const refused: number[] = []
  const overs: boolean[] = []
  const connection = new Connection({
    admission: (over) => {
      overs.push(over)
      if (first && overs.length <= often) return first
      return Promise.resolve({ url: 'http://shell.test/api/v1/activity', headers: { authorization: 'Bearer t' }, endsAt })
    },
    handlers: {
      frame: (frame) => frames.push(frame),
      alive: () => undefined,
      lost: (why) => lost.push(why),
      refused: ({ status }) => refused.push(status),
      rests: () => undefined,
    },
  })
  void connection.run()
  stop = () => connection.stop()
  return { connection, frames, lost, overs, refused }
}

let stop: () => void = () => undefined
const settle = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(async () => {
  stop()
  await settle()
  vi.useRealTimers()
})

test('identifies itself and hands on what it hears', async () => {
  const requests = server()
  const { frames } = connect()
  await settle()
  expect(requests[0]?.headers.get('authorization')).toBe('Bearer t')
  expect(requests[0]?.headers.has('last-event-id')).toBe(false)
  requests[0]?.send('id: e:1\nevent: ready\ndata: {}\n\n')
  await settle()
  expect(frames).toEqual([{ event: 'ready', data: '{}', id: 'e:1' }])
})

test('comes back from where it was, after the pause that the server asked for', async () => {
  const requests = server()
  const { lost } = connect()
  await settle()
  requests[0]?.send('retry: 4000\n\nid: e:7\nevent: note\ndata: {}\n\n: alive\nid: e:9\n\n')
  await settle()
  requests[0]?.end()
  await settle()
  expect(lost).toEqual(['reconnecting'])
  await vi.advanceTimersByTimeAsync(1_999)
  expect(requests).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(2_001)
  expect(requests[1]?.headers.get('last-event-id')).toBe('e:9')
})

test('a stream that the server ends in time is opened again at once, and nobody hears of it', async () => {
  const requests = server()
  const { lost, overs } = connect(Date.now() + 60_000)
  await settle()
  requests[0]?.send('id: e:1\nevent: ready\ndata: {}\n\n')
  await vi.advanceTimersByTimeAsync(30_000)
  requests[0]?.send(': alive\n\n')
  await vi.advanceTimersByTimeAsync(29_900)
  requests[0]?.end()
  await settle()
  expect(requests).toHaveLength(2)
  expect(requests[1]?.headers.get('last-event-id')).toBe('e:1')
  expect(overs).toEqual([false, true])
  expect(lost).toEqual([])
})

test('a stream whose time is over before it is heard is opened again at once, but once only', async () => {
  const requests = server()
  const { lost } = connect(Date.now() + 1_000)
  await settle()
  requests[0]?.end()
  await settle()
  expect(requests).toHaveLength(2)
  expect(lost).toEqual([])
  requests[1]?.end()
  await settle()
  expect(requests).toHaveLength(2)
  expect(lost).toEqual(['reconnecting'])
})

test('a stream that is refused for now is asked for again, later, and goes on from where it was', async () => {
  const requests = server()
  const { lost } = connect()
  await settle()
  requests[0]?.send('retry: 1000\n\nid: e:7\nevent: note\ndata: {}\n\n')
  await settle()
  const refused = new Response('{}', { status: 429, headers: { 'retry-after': '1' } })
  vi.mocked(fetch).mockResolvedValueOnce(refused)
  requests[0]?.end()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(fetch).toHaveBeenCalledTimes(2)
  expect(requests).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(requests[1]?.headers.get('last-event-id')).toBe('e:7')
  expect(lost).toEqual(['reconnecting', 'reconnecting'])
})

test('a stream that falls silent is opened again', async () => {
  const requests = server()
  connect()
  await settle()
  requests[0]?.send(': alive\n\n')
  await vi.advanceTimersByTimeAsync(44_000)
  expect(requests[0]?.aborted()).toBe(false)
  await vi.advanceTimersByTimeAsync(4_000)
  expect(requests[0]?.aborted()).toBe(true)
  expect(requests).toHaveLength(2)
})

test('what would let it in and never comes is asked for again', async () => {
  server()
  const { lost, overs } = connect(null, new Promise(() => undefined))
  await settle()
  expect(overs).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(44_000)
  expect(lost).toEqual([])
  await vi.advanceTimersByTimeAsync(4_000)
  expect(lost).toEqual(['reconnecting'])
  expect(overs).toHaveLength(2)
})

test('offline it waits for the network and comes back at once', async () => {
  const requests = server()
  const { lost } = connect()
  await settle()
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  window.dispatchEvent(new Event('offline'))
  await settle()
  expect(lost).toEqual(['offline'])
  await vi.advanceTimersByTimeAsync(120_000)
  expect(requests).toHaveLength(1)
  online.mockReturnValue(true)
  window.dispatchEvent(new Event('online'))
  await settle()
  expect(requests).toHaveLength(2)
})

test('pauses double up to half a minute, half of each by chance', () => {
  expect(backoff(1, 1_000, () => 0)).toBe(500)
  expect(backoff(1, 1_000, () => 1)).toBe(1_000)
  expect(backoff(3, 1_000, () => 1)).toBe(4_000)
  expect(backoff(60, 1_000, () => 1)).toBe(30_000)
})

test('a server that refuses the stream is left alone as long as it asks for, whoever looks', async () => {
  const refused = () => Promise.resolve(new Response(null, { status: 503, headers: { 'retry-after': '20' } }))
  const asked = vi.spyOn(globalThis, 'fetch').mockImplementation(refused)
  connect()
  await settle()
  expect(asked).toHaveBeenCalledOnce()
  await vi.advanceTimersByTimeAsync(10_000)
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(9_900)
  expect(asked).toHaveBeenCalledOnce()
  await vi.advanceTimersByTimeAsync(200)
  expect(asked).toHaveBeenCalledTimes(2)
})

test('and so is one that gives no ticket for it', async () => {
  server()
  const { overs } = connect(null, Promise.reject(new Failure(429, { retryAfter: 20_000 })))
  await vi.advanceTimersByTimeAsync(19_900)
  expect(overs).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(200)
  expect(overs).toHaveLength(2)
})

test.each([403, 404])('one that refuses it for good (%i) is asked again by people, and else hardly ever', async (status) => {
  const asked = vi.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(new Response(null, { status })))
  const { connection, lost, overs, refused } = connect()
  await vi.advanceTimersByTimeAsync(8_000)
  expect(refused).toEqual([status])
  await vi.advanceTimersByTimeAsync(4 * 60_000)
  expect(asked).toHaveBeenCalledTimes(4)
  connection.again()
  await settle()
  expect(asked).toHaveBeenCalledTimes(5)
  await vi.advanceTimersByTimeAsync(6 * 60_000)
  expect(asked).toHaveBeenCalledTimes(6)
  // It knows who asks: their token is good.
  expect(overs).toEqual(Array(6).fill(false))
  expect(lost).toEqual(Array(3).fill('reconnecting'))
})

test.each([403, 404])('one that refuses it in passing (%i) is asked again soon, each time that it was heard before', async (status) => {
  const requests = server()
  const { lost, refused } = connect()
  for (const count of [1, 2]) {
    await settle()
    requests.at(-1)?.send('id: e:1\nevent: ready\ndata: {}\n\n')
    await settle()
    for (let times = 0; times < 3; times += 1) vi.mocked(fetch).mockResolvedValueOnce(new Response(null, { status }))
    requests.at(-1)?.end()
    await vi.advanceTimersByTimeAsync(16_000)
    expect(requests).toHaveLength(count + 1)
  }
  expect(refused).toEqual([])
  expect(lost).toEqual(Array(8).fill('reconnecting'))
})

test('one that does not know who asks is asked with another token, and is left alone then', async () => {
  const asked = vi.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(new Response(null, { status: 401 })))
  const { lost, overs, refused } = connect()
  await settle()
  expect(lost).toEqual(['reconnecting'])
  await vi.advanceTimersByTimeAsync(2_000)
  expect(overs).toEqual([false, true])
  expect(refused).toEqual([401])
  await vi.advanceTimersByTimeAsync(4 * 60_000)
  expect(asked).toHaveBeenCalledTimes(2)
})

test('and so is one that refuses the ticket for good', async () => {
  server()
  const { overs, refused } = connect(null, Promise.reject(new Failure(403, {})), 4)
  await vi.advanceTimersByTimeAsync(4 * 60_000)
  expect(overs).toHaveLength(4)
  expect(refused).toEqual([403])
})

test('while it is refused, a network that goes is told', async () => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(new Response(null, { status: 401 })))
  const { lost, refused } = connect()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(refused).toEqual([401])
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  window.dispatchEvent(new Event('offline'))
  await settle()
  expect(lost).toEqual(['reconnecting', 'offline'])
  online.mockReturnValue(true)
  window.dispatchEvent(new Event('online'))
  await settle()
  expect(refused).toEqual([401, 401])
})
