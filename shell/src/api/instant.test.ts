import { expect, test } from 'vitest'

import { compareInstants } from './instant.ts'

test('instants are ordered whatever the number of their decimals', () => {
  const ordered = [
    '2026-09-01T09:00:00Z',
    '2026-09-01T09:00:00.000001Z',
    '2026-09-01T09:00:00.1Z',
    '2026-09-01T09:00:00.100001Z',
    '2026-09-01T09:00:00.999Z',
    '2026-09-01T09:00:01Z',
  ]
  expect(ordered.toReversed().toSorted(compareInstants)).toEqual(ordered)
  expect(compareInstants('2026-09-01T09:00:00Z', '2026-09-01T09:00:00.000Z')).toBe(0)
})
