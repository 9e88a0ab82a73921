import { expect, test, vi } from 'vitest'

import { local } from './storage.ts'

test('what is kept is found by its name, and with others by how that begins', () => {
  local.writeJson('axis.a.1', { text: 'Hello' })
  local.writeText('axis.a.2', 'no JSON')
  local.writeText('axis.b', 'dark')
  expect(local.readJson('axis.a.1')).toEqual({ text: 'Hello' })
  expect(local.readJson('axis.a.2')).toBeUndefined()
  expect(local.readText('axis.b')).toBe('dark')
  expect(local.entries('axis.a.')).toEqual([['1', { text: 'Hello' }], ['2', undefined]])
  local.remove('axis.a.1')
  expect(local.readJson('axis.a.1')).toBeUndefined()
})

test.each([
  ['full', () => vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => { throw new DOMException('full', 'QuotaExceededError') })],
  ['switched off', () => vi.spyOn(window, 'localStorage', 'get').mockImplementation(() => { throw new DOMException('no', 'SecurityError') })],
])('storage that is %s holds nothing, and nothing fails for that', (_, breaks) => {
  const broken = breaks()
  local.writeJson('axis.a', 1)
  local.remove('axis.b')
  const found = [local.readJson('axis.a'), local.readText('axis.a'), local.entries('axis.')]
  broken.mockRestore()
  expect(found).toEqual([undefined, null, []])
})
