import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'

import type { About, Activity, Announcement, Approval } from '../api/types.ts'
import { anAbout, anAnnouncement, anApproval, instant, uuid } from '../test/samples.ts'

import type { ActivityPages } from './activity.ts'
import { Cache } from './cache.ts'
import { Journal } from './journal.ts'
import { keys } from './keys.ts'
import { rowsOf } from './pages.ts'

const [HERE, ELSEWHERE, PAULA, OTTO] = [uuid(901), uuid(902), uuid(903), uuid(904)]
const paula = (name: string | null = 'Paula Probe') => ({ id: PAULA, name })
const otto = { id: OTTO, name: 'Otto Other' }
const alone = { chatwootConversationId: null, channel: null }

function line(conversationId: string | null, about: About): Activity {
  return { id: uuid(), type: 'widget_opened', source: 'chatwoot', conversationId, about, occurredAt: instant(0), data: {} }
}

/** Lines and requests that concern Paula and Otto. Returns the names in each once this was told. */
function told(given: Partial<Announcement>, at = 1) {
  const client = new QueryClient()
  const cache = new Cache(client, new Journal())
  cache.ready({ epoch: 'e', sequence: 0 })
  const lines = [
    line(HERE, anAbout({ contact: paula() })),
    line(ELSEWHERE, anAbout({ contact: otto, chatwootConversationId: 8 })),
    line(null, { ...alone, contact: paula() }),
  ]
  const request = anApproval({ conversationId: HERE, about: anAbout({ contact: paula() }) })
  const place = { page: { limit: 25, nextCursor: null }, position: { activity: 'e:1' } }
  const data = { pages: [{ data: lines, ...place }], pageParams: [null] }
  const list = { data: [request], ...place }
  client.setQueryData(keys.activity({}), data)
  client.setQueryData(keys.approvalPages({}), { pages: [list], pageParams: [null] })
  client.setQueryData(keys.approvals({}), list)
  client.setQueryData(keys.approval(request.id), request)
  cache.announce({ epoch: 'e', sequence: at + 1 }, anAnnouncement({ type: 'conversation_refreshed', ...given }))
  const names = (rows: (Activity | Approval)[]) => rows.map(({ about }) => about?.contact?.name ?? null)
  const timeline = client.getQueryData<ActivityPages>(keys.activity({}))!
  return {
    lines: names(rowsOf<Activity>(timeline)),
    requests: [
      ...names(client.getQueryData<ActivityPages>(keys.approvalPages({}))!.pages[0]!.data),
      ...names(client.getQueryData<{ data: Approval[] }>(keys.approvals({}))!.data),
      ...names([client.getQueryData<Approval>(keys.approval(request.id))!]),
    ],
    same: timeline === data,
  }
}

test('who is called differently is called so in every line and request', () => {
  const { lines, requests } = told({ type: 'contact_refreshed', data: { contact: PAULA }, about: { ...alone, contact: paula('Paula Married') } })
  expect(lines).toEqual(['Paula Married', 'Otto Other', 'Paula Married'])
  expect(requests).toEqual(['Paula Married', 'Paula Married', 'Paula Married'])
})

test('who is gone is named in none', () => {
  const { lines, requests } = told({ type: 'contact_refreshed', data: { contact: PAULA }, about: null })
  expect(lines).toEqual([null, 'Otto Other', null])
  expect(requests).toEqual([null, null, null])
})

test('all of a conversation that has another contact concerns that one', () => {
  const { lines, requests } = told({ conversationId: HERE, about: anAbout({ contact: otto }) })
  expect(lines).toEqual(['Otto Other', 'Otto Other', 'Paula Probe'])
  expect(requests).toEqual(['Otto Other', 'Otto Other', 'Otto Other'])
})

test('what says nothing new changes nothing, nor does what an answer knew already', () => {
  const news = anAbout({ contact: otto })
  expect(told({ conversationId: HERE, about: anAbout({ contact: paula() }) }).same).toBe(true)
  expect(told({ conversationId: HERE }).same).toBe(true)
  expect(told({ conversationId: HERE, about: news }, 0).same).toBe(true)
})
