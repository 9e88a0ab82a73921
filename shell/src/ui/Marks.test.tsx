/** Whether the marks of priorities can be told, and seen at all. */
import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'

import { coloursOf, contrast } from '#test/colours.ts'

import { PriorityMark } from './Marks.tsx'
import { PRIORITIES } from './words.ts'

/** The drawing that a row shows. */
function drawn(priority: string): SVGElement {
  const { unmount } = render(<PriorityMark priority={priority} />)
  const drawing = screen.getByTitle(/ priority$/).querySelector('svg')!
  unmount()
  return drawing
}

test.each(PRIORITIES.flatMap((one) => PRIORITIES.filter((other) => other !== one).map((other) => [one, other] as const)))(
  'the mark of %s priority is not what is left of that of %s priority',
  (one, other) => {
    const strokes = (priority: string) => [...drawn(priority).children].map(({ outerHTML }) => outerHTML)
    expect(strokes(one).every((stroke) => strokes(other).includes(stroke))).toBe(false)
  },
)

const GROUNDS = ['surface', 'hover', 'accent-soft', 'raised']

test.each((['light', 'dark'] as const).flatMap((theme) => PRIORITIES.map((priority) => [theme, priority] as const)))(
  'in %s colours, %s priority has contrast enough wherever a row or a list shows it',
  (theme, priority) => {
    const colours = coloursOf(theme)
    const name = /text-(\w+)/.exec(drawn(priority).getAttribute('class') ?? '')?.[1] ?? ''
    const own = colours.get(colours.has(name) ? name : `text-${name}`)
    for (const ground of GROUNDS) expect(contrast(own, colours.get(ground))).toBeGreaterThanOrEqual(3)
  },
)
