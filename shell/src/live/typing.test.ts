import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { isEcho, typedHere, typing, typists, typistsOf } from './typing.ts'

const CUSTOMER = { actorType: 'contact', name: 'Paula Probe', private: false }
const AGENT = { actorType: 'user', name: 'Ana Beispiel', private: false }
const there = () => typistsOf(typists.get(), 'c')

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.runAllTimers()
  vi.useRealTimers()
})

test('somebody who types is shown for six seconds after the last word of it', () => {
  typing('c', CUSTOMER, true)
  vi.advanceTimersByTime(5_000)
  typing('c', CUSTOMER, true)
  vi.advanceTimersByTime(5_999)
  expect(there()).toEqual([CUSTOMER])
  vi.advanceTimersByTime(1)
  expect(there()).toEqual([])
})

test('each stops for themselves', () => {
  typing('c', CUSTOMER, true)
  typing('c', AGENT, true)
  typing('c', CUSTOMER, false)
  expect(there()).toEqual([AGENT])
})

test('while somebody types here, what Chatwoot tells of colleagues is most likely that', () => {
  expect(isEcho('c')).toBe(false)
  typedHere('c')
  vi.advanceTimersByTime(5_999)
  expect(isEcho('c')).toBe(true)
  expect(isEcho('d')).toBe(false)
  vi.advanceTimersByTime(1)
  expect(isEcho('c')).toBe(false)
})
