import { QueryClient } from '@tanstack/react-query'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { api, http } from '#test/api.ts'
import { held } from '#test/held.ts'
import { aConversation, instant, uuid } from '#test/samples.ts'
import { soon } from '#test/soon.ts'

import type { Conversation, UpdateConversation } from '../api/types.ts'

import { type Alteration, Live } from './live.ts'

/** An API that answers changes of conversations by and by; what it was asked for, in order. */
function asked(answers: ((id: string, body: UpdateConversation) => Response | Promise<Response>)[]) {
  const bodies: UpdateConversation[] = []
  api.use(
    http.untyped.patch('*/api/v1/conversations/:id', async ({ params, request }) => {
      const body = (await request.json()) as UpdateConversation
      bodies.push(body)
      return (answers.shift() ?? done)(String(params.id), body)
    }),
    http.untyped.get('*/api/v1/conversations/:id', ({ params }) => HttpResponse.json(aConversation({ id: String(params.id) }))),
  )
  return bodies
}

let second = 0
const done = (id: string, body: UpdateConversation) =>
  HttpResponse.json(
    aConversation({ id, status: body.status ?? 'open', labels: body.labels ?? [], updatedAt: instant((second += 1)) }),
  )
const away = () => HttpResponse.json({ code: 'unavailable', detail: 'not now' }, { status: 503 })
const refused = () => HttpResponse.json({ code: 'invalid', detail: 'it cannot be' }, { status: 422 })

const become = (status: 'open' | 'resolved' | 'pending'): Alteration => ({
  over: (row: Conversation) => ({ ...row, status }),
  body: () => ({ status }),
  builds: false,
})

const relabel = (to: (labels: readonly string[]) => string[]): Alteration => ({
  over: (row: Conversation) => ({ ...row, labels: to(row.labels) }),
  body: ({ labels }) => ({ labels: to(labels) }),
  builds: true,
})

test('of two changes the later one is asked for last, however often the earlier one is tried', async () => {
  const live = new Live(new QueryClient())
  const bodies = asked([away])
  const id = uuid()
  await Promise.all([live.change(id, become('resolved')), live.change(id, become('pending'))])
  expect(bodies.map(({ status }) => status)).toEqual(['resolved', 'resolved', 'pending'])
  expect(live.look(id)?.status).toBe('pending')
})

test('a change that is refused holds up none after it', async () => {
  const live = new Live(new QueryClient())
  asked([refused])
  const id = uuid()
  const [first, later] = await Promise.allSettled([live.change(id, become('resolved')), live.change(id, become('pending'))])
  expect([first.status, later.status]).toEqual(['rejected', 'fulfilled'])
  expect(live.look(id)?.status).toBe('pending')
})

test('nor does one that was refused become part of the next, nor of what undoes that', async () => {
  const live = new Live(new QueryClient())
  const { answer, come } = held()
  const bodies = asked([done, answer])
  const id = uuid()
  await live.change(id, relabel(() => ['billing']))
  const removed = live.change(id, relabel(() => []))
  const added = live.change(id, relabel((labels) => [...labels, 'vip']))
  expect(live.look(id)?.labels).toEqual(['vip'])
  come(refused())
  await expect(removed).rejects.toThrow('it cannot be')
  expect((await added).labels).toEqual(['billing'])
  expect(bodies.at(-1)?.labels).toEqual(['billing', 'vip'])
  expect(live.look(id)?.labels).toEqual(['billing', 'vip'])
})

test('nor does one of another conversation hold up any', async () => {
  const live = new Live(new QueryClient())
  const { answer, come } = held()
  const bodies = asked([answer])
  const [one, other] = [uuid(), uuid()]
  const first = live.change(one, become('resolved'))
  await soon(() => expect(bodies).toHaveLength(1))
  await live.change(other, become('pending'))
  come(done(one, { status: 'resolved' }))
  await first
  expect(bodies).toHaveLength(2)
})

test('a conversation that is marked as unread while it is being marked as read is so afterwards', async () => {
  const live = new Live(new QueryClient())
  asked([])
  const { answer, come } = held()
  const nothing = () => new HttpResponse(null, { status: 204 })
  const marks: string[] = []
  const mark = (as: string, how: () => Response | Promise<Response>) =>
    http.untyped.post(`*/api/v1/conversations/:id/${as}`, () => {
      marks.push(as)
      return how()
    })
  api.use(mark('read', answer), mark('unread', nothing))
  const id = uuid()
  const read = live.mark(id, true)
  await soon(() => expect(marks).toEqual(['read']))
  const unread = live.mark(id, false)
  // Another request goes out and comes back in the meantime.
  await live.change(id, become('pending'))
  expect(marks).toEqual(['read'])
  come(nothing())
  await Promise.all([read, unread])
  expect(marks).toEqual(['read', 'unread'])
})
