import { HttpResponse } from 'msw'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { api, http } from '#test/api.ts'
import { aMessage, uuid } from '#test/samples.ts'
import { soon } from '#test/soon.ts'

import type { Message } from '../api/types.ts'
import { randomUuid } from '../base/randomUuid.ts'

import { Outbox } from './outbox.ts'
import type { Written } from './written.ts'

const PLACE = uuid(77)

let stop: () => void = () => undefined
let online = vi.spyOn(navigator, 'onLine', 'get')
beforeEach(() => {
  online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
})
afterEach(() => {
  stop()
  vi.unstubAllGlobals()
})

function page() {
  const heldUp: Written[] = []
  const sent: Written[] = []
  const box = new Outbox({
    accept: () => undefined,
    sent: (written) => sent.push(written),
    heldUp: (written) => heldUp.push(written),
  })
  stop = box.start()
  return { box, heldUp, sent, states: () => box.of(PLACE).map((entry) => entry.state) }
}

/** An API that has these messages, and how many it was given. */
function having(messages: Message[]) {
  let given = 0
  api.use(
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ data: messages, page: { limit: 30, hasMore: false }, position: { activity: null } }),
    ),
    http.untyped.post('*/api/v1/conversations/:id/messages', () => {
      given += 1
      return HttpResponse.json(aMessage({ conversationId: PLACE }), { status: 201 })
    }),
  )
  return () => given
}

/** A reply with a file that waits for the network. */
function waiting() {
  const { box } = page()
  box.send(PLACE, 'Here is the receipt', false, [new File(['Two tents'], 'receipt.txt')], { status: 'resolved' })
  return box.of(PLACE)[0]!
}

const leaves = () => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))

test('an entry that nobody can read keeps none of the others back', () => {
  const earlier = page()
  earlier.box.send(PLACE, 'Hello', false)
  localStorage.setItem(`axis.outbox.dev-admin.${randomUuid()}`, '{')
  stop()
  expect(page().box.of(PLACE).map(({ content }) => content)).toEqual(['Hello'])
})

test('what waits with files warns whoever closes the page, and its text comes back, never to go out without them', async () => {
  const given = having([])
  expect(leaves()).toBe(false)
  waiting()
  expect(leaves()).toBe(true)
  stop()
  online.mockReturnValue(true)
  const { box, heldUp, states } = page()
  await soon(() => expect(heldUp).toHaveLength(1))
  window.dispatchEvent(new Event('online'))
  expect(states()).toEqual(['refused'])
  expect(box.of(PLACE)[0]).toMatchObject({
    content: 'Here is the receipt', reason: 'the page was closed before its files were sent', files: [], filesLost: true,
  })
  expect(leaves()).toBe(false)
  expect(given()).toBe(0)
})

test('what had arrived before its page was closed is not told as lost', async () => {
  const { clientId } = waiting()
  having([aMessage({ conversationId: PLACE, messageType: 'outgoing', clientId })])
  stop()
  online.mockReturnValue(true)
  const { heldUp, sent, states } = page()
  await soon(() => expect(sent.map((one) => one.next)).toEqual([{ status: 'resolved' }]))
  expect(states()).toEqual([])
  expect(heldUp).toEqual([])
})

test('nor is it while nobody can say whether it had', async () => {
  const { clientId } = waiting()
  stop()
  let tries = 0
  api.use(
    http.untyped.get('*/api/v1/conversations/:id/messages', () => {
      tries += 1
      const data = [aMessage({ conversationId: PLACE, messageType: 'outgoing', clientId })]
      return tries === 1 ? HttpResponse.error() : HttpResponse.json({ data, page: { limit: 30, hasMore: false }, position: { activity: null } })
    }),
  )
  const waits = vi.spyOn(window, 'addEventListener')
  const { heldUp, sent, states } = page()
  await soon(() => expect(waits).toHaveBeenCalledWith('online', expect.anything(), { once: true }))
  expect(tries).toBe(1)
  expect(states()).toEqual(['refused'])
  window.dispatchEvent(new Event('online'))
  await soon(() => expect(sent).toHaveLength(1))
  expect(states()).toEqual([])
  expect(heldUp).toEqual([])
})

test('a tab leaves an entry alone while another one has its files', async () => {
  having([])
  let closeFirst: () => void = () => undefined
  const closed = new Promise<void>((resolve) => (closeFirst = resolve))
  const locks = new Map<string, Promise<unknown>>()
  const request = (name: string, work: () => unknown) => {
    const turn = (locks.get(name) ?? Promise.resolve()).then(() => Promise.race([work(), closed]))
    locks.set(name, turn)
    return turn
  }
  vi.stubGlobal('navigator', Object.assign(Object.create(navigator), { locks: { request } }))
  const first = page()
  for (const content of ['one', 'two']) first.box.send(PLACE, content, false, [new File([content], `${content}.txt`)])
  const second = page()
  first.box.discard(first.box.of(PLACE)[0]!)
  // All that is free by now is taken up.
  await new Promise((go) => setTimeout(go))
  expect(second.states()).toEqual([])
  closeFirst()
  await soon(() => expect(second.box.of(PLACE)).toMatchObject([{ content: 'two', state: 'refused' }]))
})
