import { expect, test } from 'vitest'

import { viewName } from './name.ts'
import type { View } from './view.ts'

const catalogue = {
  agents: [{ value: 'me', label: 'Me' }, { value: '4', label: 'Ana Beispiel' }],
  teams: [{ value: '2', label: 'Returns' }],
  labels: [{ value: 'vip', label: 'vip' }],
  inboxes: [{ value: '3', label: 'Shop (Website)' }],
}

test.each<[View, string]>([
  [{}, 'Inbox'],
  [{ sort: 'waiting' }, 'Inbox'],
  [{ status: 'any' }, 'All conversations'],
  [{ status: 'resolved', label: 'vip' }, 'Resolved · vip'],
  [{ assigneeId: 'none' }, 'Unassigned'],
  [{ assigneeId: 'me', priority: 'urgent' }, 'Assigned to me · Urgent priority'],
  [{ assigneeId: '4', teamId: 2, inboxId: 3 }, 'Assigned to Ana Beispiel · Returns · Shop (Website)'],
  [{ teamId: 9, search: 'parcel' }, '“parcel” · Team 9'],
])('%j is called %s', (view, name) => {
  expect(viewName(view, catalogue)).toBe(name)
})
