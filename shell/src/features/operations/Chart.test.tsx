import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'

import type { Point } from '#api/types.ts'
import { instant } from '#test/samples.ts'
import { timeOfDay } from '#ui/time.ts'

import { Bars } from './Chart.tsx'

const aPoint = (minute: number): Point => ({ at: instant(minute * 60), received: 3, p50Ms: null, p95Ms: null, p99Ms: null })
const POINTS = [aPoint(0)]

/** What is drawn as if the window were so wide. */
function drawn(points: Point[], wide: boolean) {
  const list = window.matchMedia('')
  vi.spyOn(window, 'matchMedia').mockReturnValue(Object.assign(list, { matches: wide }))
  render(<Bars title="Webhooks a minute" points={points} of={({ received }) => received} />)
  return screen.getByRole('img', { name: /^Webhooks a minute/ })
}

test.each([
  [true, 560],
  [false, 340],
])('what a chart says can be read whatever the width of the window (wide: %s)', (wide, width) => {
  // Everything in it is as small as it is drawn: of fewer units, each is larger.
  expect(drawn(POINTS, wide)).toHaveAttribute('viewBox', `0 0 ${width} 190`)
})

test.each([
  [true, 4],
  [false, 2],
])('times below a chart have room beside each other (wide: %s)', (wide, count) => {
  const hour = Array.from({ length: 60 }, (_, minute) => aPoint(minute))
  const chart = drawn(hour, wide)
  const times = new Set<string | null>(hour.map(({ at }) => timeOfDay(at)))
  const places = [...chart.querySelectorAll('text')].filter((one) => times.has(one.textContent)).map((one) => Number(one.getAttribute('x')))
  expect(places).toHaveLength(count)
  // The first one begins at its place, the others are in the middle of theirs; "12:45 PM" takes some 50 units.
  for (const [index, place] of places.entries()) if (index > 0) expect(place - places[index - 1]!).toBeGreaterThan(index === 1 ? 75 : 50)
})

test('what a chart says of a minute is had by keys, and read out', async () => {
  const hour = Array.from({ length: 60 }, (_, minute) => ({ ...aPoint(minute), received: minute }))
  const chart = drawn(hour, true)
  const told = screen.getByRole('status')
  await userEvent.tab()
  expect(chart).toHaveFocus()
  expect(told).toBeEmptyDOMElement()
  const said = async (keys: string, minute: number) => {
    await userEvent.keyboard(keys)
    expect(told).toHaveTextContent(`${timeOfDay(hour[minute]!.at)}: ${minute}`)
  }
  await said('{ArrowLeft}', 59)
  await said('{ArrowLeft}{ArrowLeft}', 57)
  await said('{ArrowRight}', 58)
  await said('{Home}{ArrowLeft}', 0)
  await said('{End}{ArrowRight}', 59)
  // By the pointer it is shown, and not read out.
  fireEvent.pointerMove(chart, { clientX: 0 })
  expect(told).toBeEmptyDOMElement()
})
