import { HttpResponse } from 'msw'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'

import { api, http } from '#test/api.ts'
import { aConversation, aMessage, instant, uuid } from '#test/samples.ts'
import { soon } from '#test/soon.ts'

import { tagOf } from '../api/tag.ts'
import type { CreateMessage, Message } from '../api/types.ts'
import { session } from '../auth/session.ts'

import { Outbox } from './outbox.ts'
import type { Seen, Written } from './written.ts'

const PLACE = uuid(77)

function outbox(seen: Seen | null = null) {
  const accepted: Message[] = []
  const sent: Written[] = []
  const heldUp: Written[] = []
  const box = new Outbox({
    accept: (message) => accepted.push(message),
    seen: () => seen,
    sent: (written) => sent.push(written),
    heldUp: (written) => heldUp.push(written),
  })
  stop = box.start()
  return { box, accepted, sent, heldUp, states: () => box.of(PLACE).map((entry) => entry.state) }
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
  await soon(() => expect(accepted).toHaveLength(1))
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
  await soon(() => expect(answers).toHaveLength(1))
  expect(bodies.map((body) => body.content)).toEqual(['one'])
  answers[0]?.()
  await soon(() => expect(answers).toHaveLength(2))
  answers[1]?.()
  await soon(() => expect(box.of(PLACE)).toEqual([]))
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
  await soon(() => expect(bodies).toHaveLength(2))
  expect(bodies[1]?.clientId).toBe(bodies[0]?.clientId)
})

test('one that is never answered is tried again too, and holds up nothing for ever', async () => {
  const late: AbortController[] = []
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
    const one = new AbortController()
    late.push(one)
    return one.signal
  })
  const bodies = answering((body) => (bodies.length === 1 ? new Promise<Response>(() => undefined) : created(body)))
  const { box, accepted } = outbox()
  box.send(PLACE, 'Hello', false)
  await soon(() => expect(bodies).toHaveLength(1))
  late[0]?.abort(new DOMException('too late', 'TimeoutError'))
  await soon(() => expect(accepted).toHaveLength(1))
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
  await soon(() => expect(states()).toEqual(['refused']))
  await soon(() => expect(bodies.map((body) => body.content)).toEqual(['bad', 'good']))
  expect(box.of(PLACE)[0]?.reason).toBe('content must not be blank')
  box.discard(box.of(PLACE)[0]!)
  expect(states()).toEqual([])
})

test('what was taken back elsewhere, while its answer was lost, leaves without a word', async () => {
  const bodies = answering(() =>
    bodies.length === 1
      ? HttpResponse.error()
      : HttpResponse.json({ type: '/problems/withdrawn', code: 'withdrawn', detail: 'it was taken back' }, { status: 409 }),
  )
  const { box, accepted, sent, heldUp } = outbox()
  box.send(PLACE, 'Too early', false, [], { status: 'resolved' })
  await soon(() => expect(box.of(PLACE)).toEqual([]))
  expect(bodies).toHaveLength(2)
  expect([...accepted, ...sent, ...heldUp]).toEqual([])
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
  await soon(() => expect(second.box.of(PLACE)).toEqual([]))
  expect(bodies[0]).toMatchObject({ content: 'Later', private: true })
})

test('what is taken back in one tab is not sent by another', async () => {
  const bodies = answering(created)
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  const one = outbox()
  one.box.send(PLACE, 'Too early', true)
  one.box.send(PLACE, 'In time', true)
  onTestFinished(stop)
  const two = outbox()
  const before = Object.keys(localStorage)
  expect(await one.box.takeBack(one.box.of(PLACE)[0]!)).toBe(true)
  const gone = before.filter((key) => !(key in localStorage))
  // A browser tells all tabs but the one that did it.
  for (const key of gone) window.dispatchEvent(new StorageEvent('storage', { key, newValue: null }))
  expect(two.box.of(PLACE)).toMatchObject([{ content: 'In time' }])
  online.mockReturnValue(true)
  window.dispatchEvent(new Event('online'))
  await soon(() => expect(two.box.of(PLACE)).toEqual([]))
  expect(new Set(bodies.map(({ content }) => content))).toEqual(new Set(['In time']))
})

test.each([['dev-admin', 'another'], ['ana.b', 'ana'], ['ana', 'ana.b']])('what %s has written waits for them, though %s uses the browser', async (writer, other) => {
  const bodies = answering(created)
  const { person } = session()
  onTestFinished(() => void Object.assign(session(), { person }))
  const signIn = (id: string) => Object.assign(session(), { person: { ...person, id } })
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  signIn(writer)
  outbox().box.send(PLACE, 'Mine', true)
  stop()
  online.mockReturnValue(true)
  signIn(other)
  expect(outbox().states()).toEqual([])
  stop()
  signIn(writer)
  const { box } = outbox()
  await soon(() => expect(box.of(PLACE)).toEqual([]))
  expect(bodies).toMatchObject([{ content: 'Mine' }])
})

/** An API whose conversation is as it became at this second, with these messages in it. */
function changedAt(second: number, messages: Message[]) {
  const asked: (string | null)[] = []
  const now = aConversation({ id: PLACE, updatedAt: instant(second) })
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', async ({ request }) => {
      const tag = request.headers.get('if-match')
      asked.push(tag)
      if (tag !== null && tag !== tagOf(now.updatedAt)) {
        return HttpResponse.json({ code: 'changed', detail: 'it has changed', current: now }, { status: 412 })
      }
      return created((await request.json()) as CreateMessage)
    }),
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ data: messages, page: { limit: 30, hasMore: false }, position: { activity: null } }),
    ),
  )
  return asked
}

const old = aMessage({ conversationId: PLACE })
const SEEN = { tag: tagOf(instant(1)), messages: [old.id] }

test('a reply that something new came before waits for its writer to choose, and its text is not lost', async () => {
  const late = aMessage({ conversationId: PLACE, content: 'It has come!' })
  const asked = changedAt(2, [old, late])
  const { box, accepted, heldUp, states } = outbox(SEEN)
  box.send(PLACE, 'It is on its way', false)
  await soon(() => expect(states()).toEqual(['overtaken']))
  const held = box.of(PLACE)[0]!
  expect(held.content).toBe('It is on its way')
  expect(held.arrived).toEqual([{ id: late.id, name: 'Paula Probe', incoming: true, content: 'It has come!' }])
  expect(heldUp).toHaveLength(1)
  // It outlives the page as it is.
  stop()
  const later = outbox(SEEN)
  expect(later.states()).toEqual(['overtaken'])
  expect(later.heldUp).toMatchObject([{ content: 'It is on its way' }])
  expect(accepted).toEqual([])
  later.box.sendAnyway(later.box.of(PLACE)[0]!)
  await soon(() => expect(later.accepted).toHaveLength(1))
  expect(asked).toEqual([SEEN.tag, null])
})

test('what else has changed, and what the person wrote themselves, holds nothing up', async () => {
  const own = aMessage({ conversationId: PLACE, messageType: 'outgoing', sender: { type: 'member', name: 'Dev Admin' } })
  const line = aMessage({ conversationId: PLACE, messageType: 'activity', sender: null })
  const asked = changedAt(2, [old, own, line])
  const { box, accepted } = outbox(SEEN)
  box.send(PLACE, 'Hello', false)
  await soon(() => expect(accepted).toHaveLength(1))
  expect(asked).toEqual([SEEN.tag, tagOf(instant(2))])
})

test('what is there already, its answer lost, has arrived, whatever came since', async () => {
  const messages = [old]
  const asked = changedAt(2, messages)
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  const { box, accepted, sent, heldUp } = outbox(SEEN)
  box.send(PLACE, 'Hello', false)
  const { clientId } = box.of(PLACE)[0]!
  // In Chatwoot it may bear another name.
  const own = aMessage({ conversationId: PLACE, messageType: 'outgoing', clientId, sender: { type: 'user', name: 'Support' } })
  messages.push(own, aMessage({ conversationId: PLACE, content: 'Thanks!' }))
  online.mockReturnValue(true)
  window.dispatchEvent(new Event('online'))
  await soon(() => expect(box.of(PLACE)).toEqual([]))
  expect(accepted.map((message) => message.id)).toEqual([own.id])
  expect(sent.map((written) => written.clientId)).toEqual([clientId])
  expect(heldUp).toEqual([])
  expect(asked).toEqual([SEEN.tag])
})

/** An API that has no room for now, and these messages. */
function without(answer: () => Response, messages: () => Response) {
  const asked: string[] = []
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', async ({ request }) => {
      const body = (await request.json()) as CreateMessage
      asked.push(body.content)
      return body.content === 'next' ? created(body) : answer()
    }),
    http.untyped.get('*/api/v1/conversations/:id/messages', () => {
      asked.push('newest')
      return messages()
    }),
  )
  return asked
}

const thread = (data: Message[]) => HttpResponse.json({ data, page: { limit: 30, hasMore: false }, position: { activity: null } })
const noRoom = () => HttpResponse.json({ code: 'no-storage', detail: 'there is no room' }, { status: 503 })

test('what waits and has not been sent is taken back at once', async () => {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  const asked = without(noRoom, () => thread([]))
  const { box } = outbox()
  box.send(PLACE, 'Later', false)
  expect(await box.takeBack(box.of(PLACE)[0]!)).toBe(true)
  expect(box.of(PLACE)).toEqual([])
  expect(asked).toEqual([])
})

test('what was tried is taken back once the API says that it has it not, and lets the next one go', async () => {
  const asked = without(noRoom, () => thread([old]))
  const { box, states, accepted } = outbox()
  box.send(PLACE, 'Later', false)
  box.send(PLACE, 'next', false)
  await soon(() => expect(box.of(PLACE)[0]?.reason).toBe('there is no room'))
  expect(states()).toEqual(['waiting', 'waiting'])
  expect(await box.takeBack(box.of(PLACE)[0]!)).toBe(true)
  await soon(() => expect(accepted.map(({ content }) => content)).toEqual(['next']))
  expect(asked).toEqual(['Later', 'newest', 'next'])
})

test('what has arrived, its answer lost, is not taken back: it is there', async () => {
  const messages = [old]
  without(() => HttpResponse.error(), () => thread(messages))
  const { box, accepted, sent } = outbox()
  box.send(PLACE, 'Hello', false)
  await soon(() => expect(box.of(PLACE)[0]?.reason).toBeTruthy())
  const [entry] = box.of(PLACE)
  messages.push(aMessage({ conversationId: PLACE, messageType: 'outgoing', clientId: entry!.clientId }))
  expect(await box.takeBack(entry!)).toBe(false)
  expect(accepted.map(({ id }) => id)).toEqual([messages[1]!.id])
  expect(sent).toHaveLength(1)
})

test('what may have arrived stays while nobody can tell', async () => {
  without(noRoom, noRoom)
  const { box } = outbox()
  box.send(PLACE, 'Hello', false)
  await soon(() => expect(box.of(PLACE)[0]?.reason).toBeTruthy())
  await expect(box.takeBack(box.of(PLACE)[0]!)).rejects.toThrow('there is no room')
  expect(box.of(PLACE)).toMatchObject([{ content: 'Hello' }])
  // So it is after the page, too.
  stop()
  const later = outbox()
  await expect(later.box.takeBack(later.box.of(PLACE)[0]!)).rejects.toThrow()
})

test('an upload that is stopped is its writer’s again, and nobody is asked', async () => {
  const real = XMLHttpRequest
  const upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {}
  let sends = 0
  class HalfSent {
    readonly upload = upload
    onabort = () => undefined
    open = () => undefined
    setRequestHeader = () => undefined
    abort = () => this.onabort()
    send = () => {
      sends += 1
      upload.onprogress?.({ loaded: 1, total: 2 })
    }
  }
  vi.stubGlobal('XMLHttpRequest', HalfSent)
  onTestFinished(() => void vi.stubGlobal('XMLHttpRequest', real))
  const asked = without(noRoom, () => thread([]))
  const { box } = outbox()
  box.send(PLACE, 'With this', false, [new File(['Two tents'], 'receipt.txt')])
  await soon(() => expect(box.of(PLACE)).toMatchObject([{ state: 'sending', progress: 0.5 }]))
  expect(await box.takeBack(box.of(PLACE)[0]!)).toBe(true)
  expect(box.of(PLACE)).toEqual([])
  expect(sends).toBe(1)
  expect(asked).toEqual([])
})

test('a note goes out whatever came', async () => {
  const asked = changedAt(2, [])
  const { box, accepted } = outbox(SEEN)
  box.send(PLACE, 'For us', true)
  await soon(() => expect(accepted).toHaveLength(1))
  expect(asked).toEqual([null])
})

test('what is to be done with the conversation is told once it is sent, by answer or by stream, once', async () => {
  let answer: () => void = () => undefined
  const bodies = answering(async (body) => {
    await new Promise<void>((resolve) => (answer = resolve))
    return created(body)
  })
  const { box, accepted, sent } = outbox()
  box.send(PLACE, 'Done', false, [], { status: 'resolved' })
  await soon(() => expect(bodies).toHaveLength(1))
  expect(sent).toEqual([])
  box.settled(PLACE, box.of(PLACE)[0]!.clientId)
  answer()
  await soon(() => expect(accepted).toHaveLength(1))
  expect(sent.map((one) => one.next)).toEqual([{ status: 'resolved' }])
})
