import { act, renderHook } from '@testing-library/react'
import { expect, test } from 'vitest'

import { aConversation } from '#test/samples.ts'

import { useHeldOrder } from './order.ts'

const [a, b, c, d, e] = [aConversation(), aConversation(), aConversation(), aConversation(), aConversation()]

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

test('what was loaded below stays, and more can follow, whichever rows leave or go to the top', () => {
  const { result, rerender } = renderHook(({ rows }) => useHeldOrder(rows, true, 'view'), {
    initialProps: { rows: [a, b] },
  })
  rerender({ rows: [a, b, c, d] })
  // The last one from before is resolved.
  rerender({ rows: [a, c, d] })
  expect(result.current.rows).toEqual([a, b, c, d])
  expect([...result.current.gone]).toEqual([b.id])
  // To the last two there come messages, and one of them is resolved.
  rerender({ rows: [d, c, a] })
  rerender({ rows: [d, a] })
  expect(result.current.rows).toEqual([a, b, c, d])
  rerender({ rows: [d, a, e] })
  expect(result.current.rows).toEqual([a, b, c, d, e])
})
