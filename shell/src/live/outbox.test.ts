import { HttpResponse } from 'msw'
import { afterEach, expect, test, vi } from 'vitest'

import { api, http } from '#test/api.ts'
import { aMessage, uuid } from '#test/samples.ts'

import type { CreateMessage, Message } from '../api/types.ts'

import { Outbox } from './outbox.ts'


const PLACE = uuid(77)

function outbox() {
  const accepted: Message[] = []
  const box = new Outbox((message) => accepted.push(message))
  stop = box.start()
  return { box, accepted, states: () => box.of(PLACE).map((entry) => entry.state) }
}

let stop: () => void = () => undefined
afterEach(() => stop())

function answering(answer: (body: CreateMessage) => Response | Promise<Response>) {
  const bodies: CreateMessage[] = []
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', async ({ request }) => {
      const body = (await request.json()) as CreateMessage
      bodies.push(body)
      return answer(body)
    }),
  )
  return bodies
}

const created = (body: CreateMessage) =>
  HttpResponse.json(aMessage({ conversationId: PLACE, content: body.content, clientId: body.clientId ?? null }), { status: 201 })

test('a message leaves the outbox when the API has it', async () => {
  const bodies = answering(created)
  const { box, accepted } = outbox()
  box.send(PLACE, 'Hello', false)
  await vi.waitFor(() => expect(accepted).toHaveLength(1))
  expect(box.of(PLACE)).toEqual([])
  expect(bodies[0]?.clientId).toBe(accepted[0]?.clientId)
})

test('messages of a conversation go out one after the other', async () => {
  const answers: (() => void)[] = []
  const bodies = answering(async (body) => {
    await new Promise<void>((resolve) => answers.push(resolve))
    return created(body)
  })
  const { box } = outbox()
  box.send(PLACE, 'one', false)
  box.send(PLACE, 'two', false)
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  expect(bodies.map((body) => body.content)).toEqual(['one'])
  answers[0]?.()
  await vi.waitFor(() => expect(answers).toHaveLength(2))
  answers[1]?.()
  await vi.waitFor(() => expect(box.of(PLACE)).toEqual([]))
})

test('without an answer it is tried again under the same id', async () => {
  let failed = false
  const bodies = answering((body) => {
    if (failed) return created(body)
    failed = true
    return HttpResponse.error()
  })
  const { box } = outbox()
  box.send(PLACE, 'Hello', false)
  await vi.waitFor(() => expect(bodies).toHaveLength(2), { timeout: 3_000 })
  expect(bodies[1]?.clientId).toBe(bodies[0]?.clientId)
})

test('what is refused stays until a person acts, and does not hold up the next', async () => {
  const bodies = answering((body) =>
    body.content === 'bad'
      ? HttpResponse.json({ detail: 'content must not be blank', code: 'invalid' }, { status: 422 })
      : created(body),
  )
  const { box, states } = outbox()
  box.send(PLACE, 'bad', false)
  box.send(PLACE, 'good', false)
  await vi.waitFor(() => expect(states()).toEqual(['refused']))
  await vi.waitFor(() => expect(bodies.map((body) => body.content)).toEqual(['bad', 'good']))
  expect(box.of(PLACE)[0]?.reason).toBe('content must not be blank')
  box.discard(box.of(PLACE)[0]!)
  expect(states()).toEqual([])
})

test('offline it waits, and survives the page', async () => {
  const bodies = answering(created)
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  const first = outbox()
  first.box.send(PLACE, 'Later', true)
  expect(first.states()).toEqual(['waiting'])
  stop()
  const second = outbox()
  expect(second.states()).toEqual(['waiting'])
  online.mockReturnValue(true)
  window.dispatchEvent(new Event('online'))
  await vi.waitFor(() => expect(second.box.of(PLACE)).toEqual([]))
  expect(bodies[0]).toMatchObject({ content: 'Later', private: true })
})
