import { renderHook } from '@testing-library/react'
import { expect, onTestFinished, test, vi } from 'vitest'

import { useNow } from './clock.ts'

test.each(['slow', 'fast'] as const)('after a while in which nobody showed the time (%s), it is the time of now', (pace) => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const first = renderHook(() => useNow(pace))
  first.unmount()
  vi.advanceTimersByTime(3_600_000)
  const shown: number[] = []
  const { unmount } = renderHook(() => shown.push(useNow(pace)))
  expect(shown[0]).toBe(Date.now())
  unmount()
})
