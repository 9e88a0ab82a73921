import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'

import type { ApprovalFilter, ApprovalList } from '../api/types.ts'
import { anAbout, anApproval, instant } from '../test/samples.ts'

import { showApproval } from './approving.ts'
import { keys } from './keys.ts'
import { type Paged, rowsOf } from './pages.ts'

test('what is decided leaves the lists of what waits at once, and shows so in the others', () => {
  const client = new QueryClient()
  const [here, other] = [anApproval({ about: anAbout() }), anApproval()]
  const list: ApprovalList = { data: [here, other], page: { limit: 50 }, position: { activity: 'e:0' } }
  const filters: ApprovalFilter[] = [{ waitingFor: 'me' }, { status: 'submitted' }, {}]
  for (const filter of filters) {
    client.setQueryData(keys.approvals(filter), list)
    client.setQueryData(keys.approvalPages(filter), { pages: [list], pageParams: [null] })
  }
  const { about: _about, ...now } = { ...here, status: 'approved', updatedAt: instant(9) }
  showApproval(client, now)
  const states = filters.map((filter) => {
    const single = client.getQueryData<ApprovalList>(keys.approvals(filter))!.data
    expect(rowsOf(client.getQueryData<Paged<ApprovalList>>(keys.approvalPages(filter))!)).toEqual(single)
    expect(client.getQueryState(keys.approvals(filter))).toMatchObject({ isInvalidated: true })
    return single.map(({ id, status }) => [id, status])
  })
  const left = [other.id, 'submitted']
  expect(states).toEqual([[left], [left], [[here.id, 'approved'], left]])
  expect(client.getQueryData<ApprovalList>(keys.approvals({}))!.data[0]).toMatchObject({ about: here.about })
  expect(client.getQueryData(keys.approval(here.id))).toMatchObject({ status: 'approved' })
})
