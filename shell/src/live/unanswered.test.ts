import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { Failure } from '../api/failure.ts'

import { Unanswered } from './unanswered.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('what got no answer keeps its key for a while, and later is another wish', async () => {
  const unanswered = new Unanswered()
  const keys: string[] = []
  const ask = () =>
    unanswered.ask(['escalate', '1'], (key) => {
      keys.push(key)
      return Promise.reject(new Failure(0, {}))
    })
  await expect(ask()).rejects.toThrow()
  vi.advanceTimersByTime(9 * 60_000)
  await expect(ask()).rejects.toThrow()
  expect(keys[1]).toBe(keys[0])
  vi.advanceTimersByTime(11 * 60_000)
  await expect(ask()).rejects.toThrow()
  expect(keys[2]).not.toBe(keys[0])
})

test('what was asked for meanwhile in other words keeps its key, whatever becomes of the first', async () => {
  const unanswered = new Unanswered()
  const keys: string[] = []
  const ends: ((failure: Failure) => void)[] = []
  const ask = () =>
    unanswered.ask(['escalate', '1'], (key) => {
      keys.push(key)
      return new Promise((_, reject) => ends.push(reject))
    })
  const [first, second] = [ask(), ask()]
  ends[0]?.(new Failure(422, {}))
  await expect(first).rejects.toThrow()
  ends[1]?.(new Failure(0, {}))
  await expect(second).rejects.toThrow()
  const third = ask()
  ends[2]?.(new Failure(0, {}))
  await expect(third).rejects.toThrow()
  expect(new Set(keys).size).toBe(1)
})
