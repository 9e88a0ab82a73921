import { expect, test } from 'vitest'

import { changed, filterOf, readView } from './view.ts'

test('an address is read, and what makes no sense in it is left out', () => {
  expect(readView({ status: 'pending', teamId: '3', assigneeId: 'none', sort: 'waiting', search: ' AX-1 ' })).toEqual({
    status: 'pending',
    teamId: 3,
    assigneeId: 'none',
    sort: 'waiting',
    search: 'AX-1',
  })
  expect(readView({ assigneeId: 'me' })).toEqual({ assigneeId: 'me' })
  expect(readView({ teamId: 'x', assigneeId: 'mine', sort: 'up', priority: '', other: 1 })).toEqual({})
  expect(readView({ sort: 'constructor' })).toEqual({})
})

test('without a status it is what is open; any status is asked for by leaving it out', () => {
  expect(filterOf({})).toEqual({ status: 'open' })
  expect(filterOf({ status: 'any', label: 'vip' })).toEqual({ label: 'vip' })
})

test('what is taken back leaves the address', () => {
  expect(changed({ label: 'vip', sort: 'oldest' }, { label: undefined })).toEqual({ sort: 'oldest' })
})
