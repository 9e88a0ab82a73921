import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { api, http } from '#test/api.ts'
import { aConversation, aMessage, uuid } from '#test/samples.ts'
import { soon } from '#test/soon.ts'

import { setDraft, startDrafts } from './drafts.ts'
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
    onTestFinished(startDrafts())
    setDraft(uuid(), 'reply', 'Dear')
  },
  'what is read': () => client.query(conversationQuery(client, uuid())),
}

test.each(Object.keys(WAYS))('%s goes to a server that is busy after as long as it has asked for', async (what) => {
  const waits: (number | undefined)[] = []
  const later = globalThis.setTimeout
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((go: () => void, milliseconds?: number) => {
    waits.push(milliseconds)
    return later(go, Math.min(milliseconds ?? 0, 20))
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
