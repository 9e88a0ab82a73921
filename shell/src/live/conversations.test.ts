import { expect, test } from 'vitest'

import type { Conversation, ConversationSort } from '../api/types.ts'
import { aConversation, instant, uuid } from '../test/samples.ts'

import { matches, ORDERS } from './conversations.ts'

test('rows stand in the order in which the API lists them', () => {
  const row = (id: number, active: number, waiting: number | null, priority: string | null) =>
    aConversation({ id: uuid(id), lastActivityAt: instant(active), waitingSince: waiting === null ? null : instant(waiting), priority })
  const rows = [row(1, 30, null, 'low'), row(2, 10, 5, null), row(3, 20, 2, 'urgent'), row(4, 20, null, null), row(5, 25, 2, 'urgent')]
  const sorted = (sort: ConversationSort) => rows.toSorted(ORDERS[sort]).map(({ id }) => rows.findIndex((one) => one.id === id) + 1)
  expect(sorted('newest')).toEqual([1, 5, 4, 3, 2])
  expect(sorted('oldest')).toEqual([2, 3, 4, 5, 1])
  // Who has waited longest comes first, who does not wait last; of two alike the one with the smaller id.
  expect(sorted('waiting')).toEqual([3, 5, 2, 1, 4])
  expect(sorted('priority')).toEqual([5, 3, 1, 4, 2])
})

test('a filter lets through what the API would list', () => {
  const row: Conversation = aConversation({
    status: 'open', priority: null, labels: ['vip'], inboxId: 3, assignee: { id: 7, name: 'Robin', type: 'user' }, team: { id: 2, name: 'billing' },
  })
  const fits = [
    {}, { status: 'open' }, { priority: 'none' }, { assigneeId: 'any' }, { assigneeId: '7' }, { teamId: 2 }, { label: 'vip' }, { inboxId: 3 },
    { contactId: row.contact!.id },
  ]
  const fitsNot = [
    { status: 'resolved' }, { priority: 'high' }, { assigneeId: 'none' }, { assigneeId: '70' }, { teamId: 3 }, { label: 'vi' }, { inboxId: 30 },
    { contactId: uuid(999) }, { status: 'open', label: 'returns' },
  ]
  for (const filter of fits) expect(matches(filter, row), JSON.stringify(filter)).toBe(true)
  for (const filter of fitsNot) expect(matches(filter, row), JSON.stringify(filter)).toBe(false)
  const bots: Conversation = { ...row, assignee: { id: 7, name: 'Echo', type: 'agent_bot' } }
  expect(matches({ assigneeId: '7' }, bots)).toBe(false)
  expect(matches({ assigneeId: 'any' }, bots)).toBe(true)
  const alone: Conversation = { ...row, assignee: null, team: null, priority: 'high' }
  expect(matches({ assigneeId: 'none', priority: 'high' }, alone)).toBe(true)
  expect(matches({ assigneeId: 'any' }, alone)).toBe(false)
  expect(matches({ priority: 'none' }, alone)).toBe(false)
  expect(matches({ teamId: 2 }, alone)).toBe(false)
})

test('what is assigned to me is so by account: a number is somebody else in another one', () => {
  const mine = (accountId: string, agentId: number) => accountId === uuid(1) && agentId === 7
  const assigned = (id: number, accountId = uuid(1), type = 'user') =>
    matches({ assigneeId: 'me' }, aConversation({ accountId, assignee: { id, name: null, type } }), mine)
  expect(assigned(7)).toBe(true)
  expect(assigned(8)).toBe(false)
  expect(assigned(7, uuid(2))).toBe(false)
  expect(assigned(7, uuid(1), 'agent_bot')).toBe(false)
  expect(matches({ assigneeId: 'me' }, aConversation(), mine)).toBe(false)
})
