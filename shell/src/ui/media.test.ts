import { expect, test, vi } from 'vitest'

import { scrollBehavior } from './media.ts'

test.each([
  [true, 'instant'],
  [false, 'smooth'],
])('who wants less motion (%s) is taken there at once', (reduced, behavior) => {
  const list = window.matchMedia('')
  const asked = vi.spyOn(window, 'matchMedia').mockReturnValue(Object.assign(list, { matches: reduced }))
  expect(scrollBehavior()).toBe(behavior)
  expect(asked).toHaveBeenCalledWith('(prefers-reduced-motion: reduce)')
})
