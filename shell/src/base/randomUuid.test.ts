import { expect, test, vi } from 'vitest'

import { isUuid, randomUuid } from './randomUuid.ts'

/** Leaves of it what pages without TLS have. */
function withoutTls(getRandomValues: (into: Uint8Array) => Uint8Array) {
  vi.spyOn(globalThis, 'crypto', 'get').mockReturnValue({ getRandomValues } as Crypto)
}

test('every id is another one, of version 4', () => {
  const ids = Array.from({ length: 200 }, randomUuid)
  expect(new Set(ids).size).toBe(200)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test.each([
  [0x00, '00000000-0000-4000-8000-000000000000'],
  [0x07, '07070707-0707-4707-8707-070707070707'],
  [0xff, 'ffffffff-ffff-4fff-bfff-ffffffffffff'],
])('without TLS it is made of random bytes, such as %i', (byte, id) => {
  withoutTls((into) => into.fill(byte))
  expect(randomUuid()).toBe(id)
})

test('it is known from all that is not one alone', () => {
  const id = randomUuid()
  expect(isUuid(id)).toBe(true)
  for (const other of ['', 'ana', id.slice(1), `b.${id}`, `${id}.`, `${id}\n`, id.replaceAll('-', '0')]) expect(isUuid(other)).toBe(false)
})
