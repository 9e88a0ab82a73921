import { expect, test } from 'vitest'

import { tagOf } from './tag.ts'

test('a tag is the time in microseconds', () => {
  expect(tagOf('2026-09-01T09:00:00.123456Z')).toBe(`"${(1_788_253_200_123_456n).toString(16)}"`)
  expect(tagOf('2026-09-01T09:00:00.5Z')).toBe(`"${(1_788_253_200_500_000n).toString(16)}"`)
  expect(tagOf('2026-09-01T09:00:00Z')).toBe(`"${(1_788_253_200_000_000n).toString(16)}"`)
})
