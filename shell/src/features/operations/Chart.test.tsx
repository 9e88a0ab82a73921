import { render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'

import type { Point } from '#api/types.ts'
import { instant } from '#test/samples.ts'

import { Bars } from './Chart.tsx'

const POINTS: Point[] = [{ at: instant(0), received: 3, p50Ms: null, p95Ms: null, p99Ms: null }]

test.each([
  [true, 560],
  [false, 340],
])('what a chart says can be read whatever the width of the window (wide: %s)', (matches, width) => {
  const list = window.matchMedia('')
  vi.spyOn(window, 'matchMedia').mockReturnValue(Object.assign(list, { matches }))
  render(<Bars title="Webhooks a minute" points={POINTS} of={({ received }) => received} />)
  // Everything in it is as small as it is drawn: of fewer units, each is larger.
  expect(screen.getByRole('img', { name: /^Webhooks a minute/ })).toHaveAttribute('viewBox', `0 0 ${width} 190`)
})
