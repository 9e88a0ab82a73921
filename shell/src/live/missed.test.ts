import { QueryClient } from '@tanstack/react-query'
import { expect, onTestFinished, test } from 'vitest'

import type { Announcement, Message } from '../api/types.ts'
import { api, http } from '../test/api.ts'
import { aConversation, aMessage, anAnnouncement, anApproval } from '../test/samples.ts'
import { soon } from '../test/soon.ts'

import { Live } from './live.ts'
import { type News, onNews } from './news.ts'

const conversation = aConversation()
const ME = { type: 'member', id: 'dev-admin', name: 'Dev Admin' } as const

/** A stream, and what it told that is news. */
function stream() {
  const told: News[] = []
  onTestFinished(onNews((news) => told.push(news)))
  const live = new Live(new QueryClient())
  let sequence = 0
  const hears = (given: Partial<Announcement>) =>
    live.take({ event: given.type!, id: `e:${(sequence += 1)}`, data: JSON.stringify(anAnnouncement({ conversation, ...given })) })
  const ready = () => live.take({ event: 'ready', id: `e:${sequence}`, data: '{}' })
  const reply = (given: Partial<Message>) => aMessage({ conversationId: conversation.id, messageType: 'outgoing', author: ME, ...given })
  return { told, hears, ready, reply }
}

test('that a reply failed is news to whoever wrote it alone', () => {
  const { told, hears, ready, reply } = stream()
  ready()
  const fails = (author: NonNullable<Message['author']>, type = 'message_state_changed') => {
    const message = reply({ state: 'failed', author })
    hears({ type, message })
    return message.id
  }
  fails({ type: 'member', id: 'ana', name: 'Ana Beispiel' })
  const own = fails(ME)
  fails(ME, 'conversation_refreshed')
  expect(told).toMatchObject([{ kind: 'not-sent', message: { id: own } }])
})

test('what concerns this person is told though it happened while the stream was away, if it is true still', () => {
  const { told, hears, ready, reply } = stream()
  const [failed, sent] = [reply({ state: 'failed' }), reply({ state: 'failed' })]
  hears({ type: 'message_state_changed', message: failed })
  hears({ type: 'message_state_changed', message: sent })
  hears({ type: 'message_state_changed', message: { ...sent, state: 'sent' } })
  hears({ type: 'message_created', message: aMessage({ conversationId: conversation.id }) })
  const own = anApproval({ requestedById: 'dev-admin', status: 'approved' })
  hears({ type: 'approval_approved', approval: own })
  hears({ type: 'approval_submitted', approval: anApproval() })
  hears({ type: 'approval_rejected', approval: anApproval({ status: 'rejected' }) })
  expect(told).toEqual([])
  ready()
  expect(told).toMatchObject([
    { kind: 'not-sent', message: { id: failed.id } },
    { kind: 'approval', approval: { id: own.id } },
  ])
  ready()
  expect(told).toHaveLength(2)
})

test('what came without its rows, because they are large, is news all the same', async () => {
  const { told, hears, ready, reply } = stream()
  const [asked, own, others] = [
    anApproval(),
    anApproval({ requestedById: 'dev-admin', status: 'approved' }),
    anApproval({ status: 'approved' }),
  ]
  const elsewhere = aConversation()
  const asking: string[] = []
  api.use(
    http.get('/api/v1/approvals/{id}', ({ params, response }) => {
      asking.push(params.id)
      return response(200).json([asked, own, others].find(({ id }) => id === params.id)!)
    }),
    http.get('/api/v1/conversations/{id}', ({ response }) => response(200).json(elsewhere)),
  )
  const bare = { conversation: null, omitted: ['conversation', 'approval'] } satisfies Partial<Announcement>
  const ofRequest = (type: string, { id }: { id: string }) => hears({ type, ...bare, data: { approvalId: id } })
  ofRequest('approval_approved', others)
  ofRequest('approval_submitted', asked)
  await soon(() => expect(asking).toEqual([others.id]))
  ready()
  expect(told).toEqual([])
  ofRequest('approval_approved', own)
  ofRequest('approval_submitted', asked)
  await soon(() => expect(told).toMatchObject([
    { kind: 'approval', type: 'approval_approved', approval: { id: own.id } },
    { kind: 'approval', type: 'approval_submitted', approval: { id: asked.id } },
  ]))
  const failed = reply({ state: 'failed', conversationId: elsewhere.id })
  hears({ type: 'message_state_changed', message: failed, conversation: null, omitted: ['conversation'] })
  await soon(() => expect(told.slice(2)).toMatchObject([
    { kind: 'not-sent', message: { id: failed.id }, conversation: { id: elsewhere.id } },
  ]))
})
