import { act, renderHook } from '@testing-library/react'
import { expect, test } from 'vitest'

import { aConversation } from '#test/samples.ts'

import { useHeldOrder } from './order.ts'

const [a, b, c] = [aConversation(), aConversation(), aConversation()]

test('while the order is held rows stay, show what is new in them, and newcomers wait', () => {
  const { result, rerender } = renderHook(({ rows, hold }) => useHeldOrder(rows, hold, 'view'), {
    initialProps: { rows: [a, b], hold: true },
  })
  const newer = { ...b, unreadCount: 3 }
  rerender({ rows: [c, newer, a], hold: true })
  expect(result.current.rows).toEqual([a, newer])
  expect(result.current.moved).toBeGreaterThan(0)
  act(() => result.current.release())
  expect(result.current.rows).toEqual([c, newer, a])
  expect(result.current.moved).toBe(0)
})

test('rows that are loaded below join at once', () => {
  const { result, rerender } = renderHook(({ rows }) => useHeldOrder(rows, true, 'view'), {
    initialProps: { rows: [a, b] },
  })
  rerender({ rows: [a, b, c] })
  expect(result.current.rows).toEqual([a, b, c])
  expect(result.current.moved).toBe(0)
})
