import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { aMessage } from '../test/samples.ts'

import { isEcho, learnName, typedHere, typing, typists, typistsOf } from './typing.ts'

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
  expect(isEcho('c', 'Ana')).toBe(false)
  typedHere('c')
  vi.advanceTimersByTime(5_999)
  expect(isEcho('c', 'Ana')).toBe(true)
  expect(isEcho('d', 'Ana')).toBe(false)
  vi.advanceTimersByTime(1)
  expect(isEcho('c', 'Ana')).toBe(false)
})

test('a colleague by another name than those here go by in Chatwoot is somebody else', () => {
  const written = { messageType: 'outgoing', sender: { type: 'user', id: 4, name: 'Support' } } as const
  learnName(aMessage({ ...written, author: null }))
  typedHere('c')
  expect(isEcho('c', 'Ana')).toBe(true)
  learnName(aMessage({ ...written, author: { type: 'member', id: 'ana', name: 'Ana Beispiel' } }))
  expect(isEcho('c', 'Ana')).toBe(false)
  expect(isEcho('c', 'Support')).toBe(true)
})
