import { expect, test } from 'vitest'

import { retryAfterOf } from './retryAfter.ts'

test('a server says in seconds or by a date how long it is to be left alone, and not for ever', () => {
  const now = Date.UTC(2026, 8, 1, 9, 0, 0)
  expect(retryAfterOf('2', now)).toBe(2_000)
  expect(retryAfterOf('Tue, 01 Sep 2026 09:00:05 GMT', now)).toBe(5_000)
  expect(retryAfterOf('Tue, 01 Sep 2026 08:59:00 GMT', now)).toBe(0)
  expect(retryAfterOf('86400', now)).toBe(60_000)
  for (const nothing of [null, '', 'soon']) expect(retryAfterOf(nothing, now)).toBe(0)
})
