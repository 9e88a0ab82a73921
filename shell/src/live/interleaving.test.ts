/** Answers and events in any order, against an API of some lines. */
import { QueryClient } from '@tanstack/react-query'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type {
  Announcement,
  Conversation,
  ConversationFilter,
  ConversationList,
  Message,
  MessageList,
} from '../api/types.ts'
import { aConversation, aMessage, anAnnouncement, instant, uuid } from '../test/samples.ts'

import { Cache } from './cache.ts'
import { conversationPage, type ConversationPages, matches, ORDERS } from './conversations.ts'
import { Journal } from './journal.ts'
import { keys } from './keys.ts'
import { messageOrder, messagesOf } from './messages.ts'
import { rowsOf } from './pages.ts'

const EPOCH = 'e'
const PAGE = 3
const at = (sequence: number) => ({ epoch: EPOCH, sequence })

/** The API and its stream, small. */
class Server {
  readonly conversations = new Map<string, Conversation>()
  readonly messages = new Map<string, Message>()
  readonly log: Announcement[] = []
  #clock = 0

  change(which: number, op: { status?: string; priority?: string | null; message?: boolean; silent?: boolean; number: number }) {
    const id = uuid(1000 + which)
    this.#clock += 1
    const now = instant(this.#clock)
    let row = this.conversations.get(id) ?? aConversation({ id, createdAt: now, lastActivityAt: now, updatedAt: now })
    if (op.status !== undefined) row = { ...row, status: op.status }
    if (op.priority !== undefined) row = { ...row, priority: op.priority }
    let message: Message | undefined
    if (op.message) {
      // Few ids, so that most are further looks at one that is known.
      const messageId = uuid(2000 + which * 10 + (op.number % 4))
      const known = this.messages.get(messageId)
      message = aMessage({
        ...known,
        id: messageId,
        conversationId: id,
        createdAt: known?.createdAt ?? now,
        updatedAt: now,
        content: `look ${this.#clock}`,
      })
      this.messages.set(messageId, message)
      row = { ...row, lastActivityAt: now, waitingSince: op.number % 2 ? now : null }
    }
    // The preview may change without the conversation's own version.
    row = { ...row, unreadCount: op.number, updatedAt: op.silent ? row.updatedAt : now }
    this.conversations.set(id, row)
    this.log.push(
      anAnnouncement({
        id: uuid(5000 + this.log.length),
        occurredAt: now,
        conversationId: id,
        conversation: row,
        ...(message ? { message } : {}),
      }),
    )
  }

  list(filter: ConversationFilter): Conversation[] {
    return [...this.conversations.values()]
      .filter((row) => matches(filter, row))
      .sort(ORDERS[filter.sort ?? 'newest'])
  }

  thread(conversationId: string): Message[] {
    return [...this.messages.values()]
      .filter((one) => one.conversationId === conversationId)
      .sort(messageOrder)
  }

  readList(filter: ConversationFilter, place: number, cursor: string | null): ConversationList {
    const order = ORDERS[filter.sort ?? 'newest']
    const after = cursor ? (JSON.parse(cursor) as Conversation) : null
    const rows = this.list(filter).filter((row) => !after || order(after, row) < 0)
    const data = rows.slice(0, PAGE)
    const nextCursor = rows.length > PAGE ? JSON.stringify(data.at(-1)) : null
    return { data, page: { limit: PAGE, nextCursor }, position: { activity: `${EPOCH}:${place}` } }
  }

  readThread(conversationId: string, place: number): MessageList {
    const data = this.thread(conversationId)
    return { data, page: { limit: 100, hasMore: false }, position: { activity: `${EPOCH}:${place}` } }
  }
}

const FILTERS: ConversationFilter[] = [
  { status: 'open' },
  { sort: 'oldest' },
  { sort: 'waiting', status: 'open' },
  { sort: 'priority' },
  { priority: 'none' },
]

/** A page with its queries, whose answers come when the test says. */
function browser(server: Server) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } })
  const cache = new Cache(client, new Journal())
  cache.watch()
  let heard = 0
  cache.ready(at(0))
  const open: { read: () => void; answer: () => void; done: boolean }[] = []

  const slowly = <T>(read: (place: number) => T): Promise<T> => {
    const place = server.log.length
    let result: T | undefined
    return new Promise<T>((resolve) => {
      const one = {
        done: false,
        read: () => (result ??= read(place)),
        answer: () => {
          one.done = true
          resolve((result ??= read(place)))
        },
      }
      open.push(one)
    })
  }

  return {
    client,
    hear: () => {
      const announcement = server.log[heard]
      if (!announcement) return false
      heard += 1
      cache.announce(at(heard), announcement)
      return true
    },
    hearAgain: () => {
      const announcement = server.log[heard - 1]
      if (announcement) cache.announce(at(heard), announcement)
    },
    ask: (number: number) => {
      const filter = FILTERS[number % FILTERS.length]!
      void client.infiniteQuery({
        queryKey: keys.conversations(filter),
        queryFn: ({ pageParam }) =>
          slowly((place) => conversationPage(server.readList(filter, place, pageParam))),
        initialPageParam: null as string | null,
        getNextPageParam: (last) => last.page.nextCursor ?? null,
        pages: 1 + (number % 2),
        structuralSharing: false,
        staleTime: 0,
      })
      const id = uuid(1000 + (number % 4))
      void client.infiniteQuery({
        queryKey: keys.messages(id),
        queryFn: () => slowly((place) => server.readThread(id, place)),
        initialPageParam: null as string | null,
        getNextPageParam: () => null,
        structuralSharing: false,
        staleTime: 0,
      })
    },
    read: (number: number) => {
      const waiting = open.filter((one) => !one.done)
      waiting[number % Math.max(1, waiting.length)]?.read()
    },
    answer: async (number: number) => {
      const waiting = open.filter((one) => !one.done)
      waiting[number % Math.max(1, waiting.length)]?.answer()
      for (let i = 0; i < 6; i++) await Promise.resolve()
    },
    settle: async () => {
      for (let round = 0; round < 50; round++) {
        for (const one of open) if (!one.done) one.answer()
        for (let i = 0; i < 20; i++) await Promise.resolve()
        if (client.isFetching() === 0) return
      }
    },
  }
}

const change = fc.record({
  kind: fc.constant('change' as const),
  which: fc.nat(5),
  number: fc.nat(9),
  status: fc.option(fc.constantFrom('open', 'resolved'), { nil: undefined }),
  priority: fc.option(fc.constantFrom(null, 'low', 'urgent'), { nil: undefined }),
  message: fc.boolean(),
  silent: fc.boolean(),
})
const step = fc.oneof(
  { weight: 4, arbitrary: change },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('hear' as const), number: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hearAgain' as const), number: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ask' as const), number: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), number: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('answer' as const), number: fc.nat(9) }) },
)

describe('any interleaving of answers and events', () => {
  test('ends with what the server has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const server = new Server()
        const page = browser(server)
        for (const one of steps) {
          if (one.kind === 'change') {
            const { status, priority, ...rest } = one
            server.change(one.which, {
              ...rest,
              ...(status !== undefined ? { status } : {}),
              ...(priority !== undefined ? { priority } : {}),
            })
          } else if (one.kind === 'answer') await page.answer(one.number)
          else if (one.kind === 'hear' || one.kind === 'hearAgain') page[one.kind]()
          else page[one.kind](one.number)
        }
        await page.settle()
        while (page.hear());
        await page.settle()

        for (const filter of FILTERS) {
          const list = page.client.getQueryData<ConversationPages>(keys.conversations(filter))
          if (!list) continue
          const rows = rowsOf<Conversation>(list)
          const expected = server.list(filter)
          // What is not loaded yet comes after what is.
          const end = list.pages.at(-1)?.end
          const order = ORDERS[filter.sort ?? 'newest']
          expect(rows).toEqual(end ? expected.filter((row) => order(row, end) <= 0) : expected)
        }
        for (let which = 0; which < 4; which++) {
          const id = uuid(1000 + which)
          const thread = page.client.getQueryData<{ pages: MessageList[] }>(keys.messages(id))
          if (thread) expect(messagesOf(thread)).toEqual(server.thread(id))
        }
      }),
      { numRuns: 400 },
    )
  })
})
