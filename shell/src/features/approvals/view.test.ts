import { expect, test } from 'vitest'

import { approvalFilterOf, readApprovalsView } from './view.ts'

test('an address is read, and what makes no sense in it is left out', () => {
  expect(readApprovalsView({ show: 'mine', status: 'rejected', type: 'refund' })).toEqual({
    show: 'mine', status: 'rejected', type: 'refund',
  })
  expect(readApprovalsView({ show: 'yours', status: 'lost', type: 'No!' })).toEqual({})
  expect(readApprovalsView({ show: 'constructor' })).toEqual({})
  expect(readApprovalsView({ show: 'waiting', status: 'approved' })).toEqual({ show: 'waiting' })
})

test('whose business it is, the API is asked for', () => {
  expect(approvalFilterOf({ show: 'waiting', type: 'refund' })).toEqual({ type: 'refund', waitingFor: 'me' })
  expect(approvalFilterOf({ show: 'mine' })).toEqual({ requestedBy: 'me' })
  expect(approvalFilterOf({ show: 'decided', status: 'approved' })).toEqual({ status: 'approved', decidedBy: 'me' })
  expect(approvalFilterOf({})).toEqual({})
})
