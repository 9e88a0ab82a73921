import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { api, http } from '#test/api.ts'
import { aConversation, aMessage, uuid } from '#test/samples.ts'
import { soon } from '#test/soon.ts'

import type { CreateMessage } from '../api/types.ts'

import { Drafts } from './drafts.ts'
import { Live } from './live.ts'
import { conversationQuery } from './queries.ts'
import { createQueryClient } from './queryClient.ts'

const client = createQueryClient()
const live = new Live(client)

/** What is asked for again by itself. */
const WAYS: Record<string, () => unknown> = {
  'a reply': () => {
    onTestFinished(live.outbox.start())
    live.outbox.send(uuid(), 'Hello', false)
  },
  'what takes a reply back': () => live.cancel(aMessage()),
  'a draft': () => {
    const drafts = new Drafts()
    onTestFinished(drafts.start())
    drafts.set(uuid(), 'reply', 'Dear')
  },
  'what is read': () => client.query(conversationQuery(client, uuid())),
}

test.each(Object.keys(WAYS))('%s goes to a server that is busy after as long as it has asked for', async (what) => {
  const waits: number[] = []
  const later = globalThis.setTimeout
  let ahead = 0
  for (const clock of [Date, performance]) {
    const now = clock.now.bind(clock)
    vi.spyOn(clock, 'now').mockImplementation(() => now() + ahead)
  }
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((go: () => void, milliseconds = 0) => {
    waits.push(milliseconds)
    const passes = () => {
      ahead += Math.max(0, milliseconds - 20)
      go()
    }
    return later(passes, Math.min(milliseconds, 20))
  }))
  onTestFinished(() => void vi.restoreAllMocks())
  let asked = 0
  api.use(
    http.untyped.all('*/api/v1/conversations/*', () => {
      asked += 1
      // More than anything here waits by itself after one failure.
      return asked === 1
        ? HttpResponse.json({ code: 'too-many-requests' }, { status: 429, headers: { 'retry-after': '7' } })
        : HttpResponse.json({ ...aConversation(), ...aMessage() })
    }),
  )
  void WAYS[what]?.()
  await soon(() => expect(asked).toBe(2))
  expect(waits).toContain(7_000)
})

test('what is written elsewhere waits as long, too, and so does what is written next', async () => {
  vi.useFakeTimers()
  const asked: string[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (request) => {
    const { content, clientId } = (await (request as Request).json()) as CreateMessage
    asked.push(content)
    return asked.length === 1
      ? Response.json({ code: 'too-many-requests' }, { status: 429, headers: { 'retry-after': '7' } })
      : Response.json(aMessage({ content, clientId: clientId ?? null }), { status: 201 })
  })
  onTestFinished(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })
  const { outbox } = new Live(createQueryClient())
  onTestFinished(outbox.start())
  const [here, there] = [uuid(), uuid()]
  outbox.send(here, 'first', true)
  await soon(() => expect(outbox.of(here)[0]?.state).toBe('waiting'))
  outbox.send(there, 'elsewhere', true)
  outbox.send(here, 'next', true)
  window.dispatchEvent(new Event('online'))
  await vi.advanceTimersByTimeAsync(6_000)
  expect(asked).toEqual(['first'])
  await vi.advanceTimersByTimeAsync(2_000)
  expect(new Set(asked.slice(1))).toEqual(new Set(['first', 'elsewhere', 'next']))
})
