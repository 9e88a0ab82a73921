import fc from 'fast-check'
import { expect, test } from 'vitest'

import { Slots } from './slots.ts'

test('a row keeps its slot while it is seen, and what comes in takes those of what left', () => {
  const slots = new Slots()
  expect(slots.of(['a', 'b', 'c'])).toEqual([0, 1, 2])
  expect(slots.of(['b', 'c', 'd'])).toEqual([1, 2, 0])
  expect(slots.of(['d', 'b', 'c'])).toEqual([0, 1, 2])
})

test('elements do not move while rows scroll, and stand in the order of the rows when they rest', () => {
  const slots = new Slots()
  expect(slots.inPlace(slots.of(['a', 'b', 'c']), false)).toEqual([0, 1, 2])
  expect(slots.inPlace(slots.of(['c', 'd', 'e', 'f']), true)).toEqual([0, 1, 2, 3])
  expect(slots.inPlace(slots.of(['d', 'e', 'f']), true)).toHaveLength(3)
  const rest = slots.of(['d', 'e', 'f'])
  expect(slots.inPlace(rest, false)).toBe(rest)
})

test('no slot is ever of two rows, and no more of them are made than are seen at once', () => {
  const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'), { maxLength: 6 })
  fc.assert(
    fc.property(fc.array(fc.tuple(ids, fc.boolean())), (steps) => {
      const slots = new Slots()
      for (const [seen, scrolls] of steps) {
        const given = slots.of(seen)
        expect(new Set(given).size).toBe(seen.length)
        expect(Math.max(-1, ...given)).toBeLessThan(6)
        expect(slots.inPlace(given, scrolls).toSorted()).toEqual(given.toSorted())
      }
    }),
  )
})
