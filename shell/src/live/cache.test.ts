import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { describe, expect, test, vi } from 'vitest'

import { Failure } from '../api/failure.ts'
import { tagOf } from '../api/tag.ts'
import type {
  Announcement,
  Conversation,
  ConversationFilter,
  Message,
  MessageList,
} from '../api/types.ts'
import { aConversation, aMessage, anAnnouncement, instant, uuid } from '../test/samples.ts'

import type { ActivityPages } from './activity.ts'
import { Cache } from './cache.ts'
import { conversationPage, type ConversationPages } from './conversations.ts'
import { Journal } from './journal.ts'
import { keys } from './keys.ts'
import { type MessagePages, messagesOf } from './messages.ts'
import { rowsOf } from './pages.ts'

const at = (sequence: number) => ({ epoch: 'e', sequence })

function cacheWith(rows: Conversation[], filter: ConversationFilter = {}, place = 0) {
  const client = new QueryClient()
  const cache = new Cache(client, new Journal())
  cache.ready(at(place))
  const list = { data: rows, page: { limit: 25, nextCursor: null }, position: { activity: `e:${place}` } }
  client.setQueryData<ConversationPages>(keys.conversations(filter), {
    pages: [conversationPage(list)],
    pageParams: [null],
  })
  const ids = () => rowsOf<Conversation>(client.getQueryData<ConversationPages>(keys.conversations(filter))!).map((row) => row.id)
  return { client, cache, ids }
}

test('a stale look that comes late brings nothing back', () => {
  const open = aConversation({ updatedAt: instant(1) })
  const resolved = { ...open, status: 'resolved', updatedAt: instant(2) }
  const { cache, ids } = cacheWith([open], { status: 'open' })
  cache.announce(at(1), anAnnouncement({ conversation: resolved }))
  cache.announce(at(2), anAnnouncement({ conversation: open }))
  expect(ids()).toEqual([])
})

test('the same place told twice has one effect', () => {
  const row = aConversation()
  const { cache } = cacheWith([row])
  const told = anAnnouncement({ conversation: row })
  expect(cache.announce(at(1), told)).toBe(true)
  expect(cache.announce(at(1), told)).toBe(false)
})

test('the same activity told at two places is one line', () => {
  const { client, cache } = cacheWith([])
  client.setQueryData<ActivityPages>(keys.activity({}), {
    pages: [{ data: [], page: { limit: 25, nextCursor: null }, position: { activity: 'e:0' } }],
    pageParams: [null],
  })
  const told = anAnnouncement()
  cache.announce(at(1), told)
  cache.announce(at(2), told)
  expect(rowsOf(client.getQueryData<ActivityPages>(keys.activity({}))!)).toHaveLength(1)
  cache.announce(at(3), anAnnouncement({ type: 'conversation_refreshed', source: 'axis', conversation: aConversation() }))
  expect(rowsOf(client.getQueryData<ActivityPages>(keys.activity({}))!)).toHaveLength(1)
})

test('results of a search keep their rows, which stay up to date, until they do not fit the rest', () => {
  const found = aConversation()
  const filter = { search: 'parcel', status: 'open' } as const
  const { client, cache, ids } = cacheWith([found], filter)
  cache.announce(at(1), anAnnouncement({ conversation: aConversation() }))
  cache.announce(at(2), anAnnouncement({ conversation: { ...found, priority: 'high', updatedAt: instant(9) } }))
  expect(ids()).toEqual([found.id])
  const list = client.getQueryData<ConversationPages>(keys.conversations(filter))!
  expect(rowsOf<Conversation>(list)[0]?.priority).toBe('high')
  cache.announce(at(3), anAnnouncement({ conversation: { ...found, status: 'resolved', updatedAt: instant(10) } }))
  expect(ids()).toEqual([])
})

test('a search is asked again for what it might find, at once and then every few seconds at most', async () => {
  vi.useFakeTimers()
  const known = aConversation()
  const filter = { search: 'parcel', status: 'open' } as const
  const { client, cache } = cacheWith([known], filter)
  let asked = 0
  const stop = new InfiniteQueryObserver(client, {
    queryKey: keys.conversations(filter),
    queryFn: () => {
      asked += 1
      return conversationPage({ data: [known], page: { limit: 25, nextCursor: null }, position: { activity: 'e:0' } })
    },
    initialPageParam: null,
    getNextPageParam: () => null,
    staleTime: Infinity,
  }).subscribe(() => undefined)
  const later = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)
  cache.announce(at(1), anAnnouncement({ conversation: { ...known, priority: 'high', updatedAt: instant(1) } }))
  cache.announce(at(2), anAnnouncement({ conversation: aConversation({ status: 'resolved' }) }))
  await later(60_000)
  expect(asked).toBe(0)

  for (let sequence = 3; sequence < 9; sequence++) {
    cache.announce(at(sequence), anAnnouncement({ conversation: aConversation() }))
    await later(100)
  }
  expect(asked).toBe(1)
  await later(5_000)
  expect(asked).toBe(2)
  await later(60_000)
  expect(asked).toBe(2)

  stop()
  vi.useRealTimers()
})

test('the conversations of one contact are joined by theirs, and by those of nobody else', () => {
  const [contact, another] = [uuid(701), uuid(702)].map((id) => ({ id, name: 'Paula Probe', thumbnail: null }))
  const first = aConversation({ contact: contact!, lastActivityAt: instant(1) })
  const { cache, ids } = cacheWith([first], { contactId: contact!.id })
  const second = aConversation({ contact: contact!, lastActivityAt: instant(2), updatedAt: instant(2) })
  cache.announce(at(1), anAnnouncement({ conversation: aConversation({ contact: another!, lastActivityAt: instant(3) }) }))
  cache.announce(at(2), anAnnouncement({ conversation: second }))
  expect(ids()).toEqual([second.id, first.id])
  // Chatwoot may find that two are one.
  cache.announce(at(3), anAnnouncement({ conversation: { ...second, contact: another!, updatedAt: instant(4) } }))
  expect(ids()).toEqual([first.id])
})

test('a list shows how far the last message is, told with its conversation or alone', () => {
  const message = aMessage({ conversationId: uuid(), state: 'failed', messageType: 'outgoing' })
  const { id, messageType, createdAt } = message
  const lastMessage = { id, messageType, createdAt, content: 'Hello', private: false, state: 'sending' as const }
  const row = aConversation({ id: message.conversationId, lastMessage })
  const { client, cache } = cacheWith([row])
  const shown = () => rowsOf<Conversation>(client.getQueryData<ConversationPages>(keys.conversations({}))!)[0]?.lastMessage?.state
  cache.announce(at(1), anAnnouncement({ conversation: row }))
  expect(shown()).toBe('sending')
  cache.announce(at(2), anAnnouncement({ type: 'message_state_changed', message }))
  expect(shown()).toBe('failed')
  cache.announce(at(3), anAnnouncement({ message: { ...message, id: uuid(), state: 'sent' } }))
  expect(shown()).toBe('failed')
})

test('a reset has everything read again', () => {
  const { client, cache } = cacheWith([aConversation()])
  cache.reset({ epoch: 'other', sequence: 4 })
  expect(client.getQueryState(keys.conversations({}))?.isInvalidated).toBe(true)
})

test('an answer from before the stream was joined is read again', () => {
  const { client, cache } = cacheWith([aConversation()], {}, 3)
  cache.reset({ epoch: 'e', sequence: 3 })
  client.setQueryData<ConversationPages>(keys.conversations({}), (list) => list)
  const fresh = new Cache(client, new Journal())
  fresh.ready(at(8))
  expect(client.getQueryState(keys.conversations({}))?.isInvalidated).toBe(true)
})

/** A thread as it was read at this place, looked at or not, and what is asked for afterwards. */
function threadWith(messages: Message[] = []) {
  const { client, cache } = cacheWith([])
  cache.watch()
  const queryKey = keys.messages(uuid(1))
  const page = (hasMore = false): MessageList => ({ data: messages, page: { limit: 50, hasMore }, position: { activity: 'e:0' } })
  client.setQueryData<MessagePages>(queryKey, { pages: [page(true)], pageParams: [null] })
  /** Somebody looks; `answer` is what the API says. */
  const look = (answer: () => Promise<MessageList>) => {
    const observer = new InfiniteQueryObserver(client, {
      queryKey,
      // As all do that are asked of the API, it can be cut short.
      queryFn: ({ signal }) => (signal.aborted ? Promise.reject(new Error('aborted')) : answer()),
      initialPageParam: null as string | null,
      getNextPageParam: (last) => (last.page.hasMore ? 'older' : null),
      retry: false,
      staleTime: Infinity,
    })
    return { observer, stop: observer.subscribe(() => undefined) }
  }
  const ids = () => messagesOf(client.getQueryData<MessagePages>(queryKey)!).map((message) => message.id)
  const inDoubt = () => client.getQueryState(queryKey)?.isInvalidated
  return { client, cache, page, look, ids, inDoubt }
}

const never = () => new Promise<never>(() => undefined)

describe('what may lack something', () => {
  test('is in doubt until it is read again, whatever is heard of it', () => {
    const { cache, ids, inDoubt } = threadWith()
    const [heard, answered] = [aMessage(), aMessage()]
    cache.reset({ epoch: 'x', sequence: 9 })
    cache.announce({ epoch: 'x', sequence: 10 }, anAnnouncement({ message: heard }))
    cache.accept(answered)
    expect(ids().toSorted()).toEqual([heard.id, answered.id].toSorted())
    expect(inDoubt()).toBe(true)
  })

  test('is in doubt when its reading is cut short, too', () => {
    const { cache, look, inDoubt } = threadWith()
    const { stop } = look(never)
    cache.doubt()
    cache.announce(at(1), anAnnouncement({ message: aMessage() }))
    stop()
    expect(inDoubt()).toBe(true)
  })

  test('is read again as long as somebody looks at it and that fails', async () => {
    vi.useFakeTimers()
    const { cache, page, look, inDoubt } = threadWith()
    let asked = 0
    const { stop } = look(() => (++asked < 4 ? Promise.reject(new Error('busy')) : Promise.resolve(page())))
    cache.doubt()
    await vi.advanceTimersByTimeAsync(100)
    expect(asked).toBe(1)
    cache.announce(at(1), anAnnouncement({ message: aMessage() }))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toBe(4)
    expect(inDoubt()).toBe(false)
    stop()
    vi.useRealTimers()
  })

  test('is left as it is if it cannot be read at all, or nobody looks', async () => {
    vi.useFakeTimers()
    const { cache, look, inDoubt } = threadWith()
    let asked = 0
    const failing = (failure: Error) => () => {
      asked += 1
      return Promise.reject(failure)
    }
    const gone = look(failing(new Failure(404, {})))
    cache.doubt()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toBe(1)
    gone.stop()
    const busy = look(failing(new Failure(503, {})))
    await vi.advanceTimersByTimeAsync(100)
    busy.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toBe(2)
    expect(inDoubt()).toBe(true)
    vi.useRealTimers()
  })

  test('is read as a whole: a further page alone is not enough', async () => {
    const { cache, page, look, inDoubt } = threadWith()
    let asked = 0
    const { observer, stop } = look(() => (++asked === 1 ? never() : Promise.resolve(page(asked === 3))))
    cache.doubt()
    // This takes the place of what is being read.
    await observer.fetchNextPage()
    await vi.waitFor(() => expect(inDoubt()).toBe(false))
    expect(asked).toBeGreaterThan(2)
    stop()
  })
})

describe('what somebody has before them', () => {
  const seen = aMessage({ createdAt: instant(1) })
  const preview = ({ id, messageType, private: isPrivate, content, createdAt }: Message) => ({ id, messageType, private: isPrivate, content: content ?? null, createdAt })
  const row = (last: Message, second: number) => aConversation({ id: uuid(1), lastMessage: preview(last), updatedAt: instant(second) })
  /** An answer to a change of the conversation. */
  const answered = (cache: Cache, conversation: Conversation) => {
    const wish = { conversationId: conversation.id, over: (one: Conversation) => one }
    cache.wish(wish)
    cache.settle(wish, conversation)
  }

  test('is not what an answer knows and the thread does not have yet', () => {
    const { cache } = threadWith([seen])
    answered(cache, row(seen, 1))
    expect(cache.seen(uuid(1))).toEqual({ tag: tagOf(instant(1)), messages: [seen.id] })
    const unheard = aMessage({ createdAt: instant(2) })
    answered(cache, row(unheard, 2))
    expect(cache.seen(uuid(1))).toEqual({ tag: '"0"', messages: [seen.id] })
    cache.announce(at(1), anAnnouncement({ message: unheard }))
    expect(cache.seen(uuid(1))).toEqual({ tag: tagOf(instant(2)), messages: [seen.id, unheard.id] })
  })

  test('is not what came before their own note, which its answer brought', () => {
    const { cache } = threadWith([seen])
    const note = aMessage({ createdAt: instant(3), messageType: 'outgoing', private: true })
    cache.accept(note)
    answered(cache, row(note, 3))
    expect(cache.seen(uuid(1))?.tag).toBe('"0"')
    cache.announce(at(1), anAnnouncement({ message: aMessage({ createdAt: instant(2) }) }))
    cache.announce(at(2), anAnnouncement({ message: note, conversation: row(note, 3) }))
    expect(cache.seen(uuid(1))?.tag).toBe(tagOf(instant(3)))
  })

  test('is what was read again, their own note with it', async () => {
    const note = aMessage({ createdAt: instant(3), messageType: 'outgoing', private: true })
    const { cache, page, look, inDoubt } = threadWith([seen])
    cache.accept(note)
    answered(cache, row(note, 3))
    const { stop } = look(() => Promise.resolve({ ...page(), data: [seen, note] }))
    cache.doubt()
    await vi.waitFor(() => expect(inDoubt()).toBe(false))
    expect(cache.seen(uuid(1))?.tag).toBe(tagOf(instant(3)))
    stop()
  })
})

test('a message that was taken back stays away, unless Chatwoot has it after all', () => {
  const message = aMessage({ chatwootId: null, messageType: 'outgoing', state: 'queued' })
  const { cache, ids } = threadWith([message])
  const { conversationId } = message
  cache.announce(at(1), anAnnouncement({ type: 'message_cancelled', conversationId, data: { messageId: message.id } }))
  cache.announce(at(2), anAnnouncement({ type: 'message_state_changed', message: { ...message, state: 'sending', updatedAt: instant(1) } }))
  expect(ids()).toEqual([])
  cache.announce(at(3), anAnnouncement({ type: 'message_created', message: { ...message, chatwootId: 9, state: 'sent', updatedAt: instant(2) } }))
  expect(ids()).toEqual([message.id])
})

test('a conversation that was deleted is in no list, until Chatwoot has it again', () => {
  const row = aConversation()
  const filters = [{ status: 'open' }, { search: 'parcel' }, { search: 'tent' }] as const
  const { client, cache, ids: listed } = cacheWith([row], filters[0])
  const pages = (rows: Conversation[]) => ({
    pages: [conversationPage({ data: rows, page: { limit: 25, nextCursor: null }, position: { activity: 'e:0' } })],
    pageParams: [null],
  })
  client.setQueryData<ConversationPages>(keys.conversations(filters[1]), pages([row]))
  client.setQueryData<ConversationPages>(keys.conversations(filters[2]), pages([]))
  const found = (filter: ConversationFilter) => rowsOf<Conversation>(client.getQueryData<ConversationPages>(keys.conversations(filter))!)
  cache.announce(at(1), anAnnouncement({ type: 'conversation_deleted', conversation: row }))
  expect([listed(), found(filters[1]), found(filters[2])]).toEqual([[], [], []])
  // What is done about it here does not bring it back.
  const wish = { conversationId: row.id, over: (one: Conversation) => ({ ...one, unreadCount: 0 }) }
  cache.announce(at(2), anAnnouncement({ type: 'conversation_read', source: 'axis', conversation: { ...row, updatedAt: instant(1) } }))
  expect(filters.map((filter) => client.getQueryState(keys.conversations(filter))?.isInvalidated)).toEqual([false, false, false])
  cache.wish(wish)
  cache.settle(wish, row)
  expect([listed(), found(filters[2])]).toEqual([[], []])
  cache.announce(at(3), anAnnouncement({ conversation: { ...row, updatedAt: instant(2) } }))
  expect(listed()).toEqual([row.id])
})

test('a conversation that was deleted leaves the lists even if its row could not be told', () => {
  const row = aConversation()
  const { client, cache, ids } = cacheWith([row])
  cache.watch()
  cache.announce(at(1), anAnnouncement({ type: 'conversation_deleted', conversationId: row.id }))
  expect(ids()).toEqual([])
  expect(client.getQueryState(keys.conversations({}))?.isInvalidated).toBe(false)
})

test('what is told of a conversation that Chatwoot does not have any more brings it into no list', () => {
  const row = aConversation()
  const { cache, ids } = cacheWith([])
  cache.announce(at(1), anAnnouncement({ type: 'command_failed', source: 'axis', conversation: { ...row, deleted: true, updatedAt: instant(1) } }))
  expect(ids()).toEqual([])
  cache.announce(at(2), anAnnouncement({ conversation: { ...row, deleted: false, updatedAt: instant(2) } }))
  expect(ids()).toEqual([row.id])
})

describe('what is told without its rows', () => {
  const row = aConversation({ id: uuid(1) })

  function told(given: Partial<Announcement>) {
    const { client, cache } = threadWith()
    client.setQueryData(keys.conversation(row.id), row)
    client.setQueryData(keys.conversation(uuid(2)), aConversation({ id: uuid(2) }))
    cache.announce(at(1), anAnnouncement({ conversationId: row.id, ...given }))
    const asked = [keys.messages(row.id), keys.conversation(row.id), keys.conversations({}), keys.conversation(uuid(2))]
    return asked.map((queryKey) => client.getQueryState(queryKey)?.isInvalidated)
  }

  test('is asked for: the conversation, its messages, and the lists', () => {
    for (const type of ['message_state_changed', 'message_created', 'conversation_status_changed', 'command_failed']) {
      expect(told({ type })).toEqual([true, true, true, false])
    }
  })

  test('is not asked for if it came, or is nothing that a conversation shows', () => {
    const message = aMessage({ conversationId: row.id })
    for (const given of [
      { type: 'message_state_changed', message },
      { type: 'message_cancelled', conversation: row },
      { type: 'approval_submitted' },
      { type: 'widget_opened' },
    ]) {
      expect(told(given)).toEqual([false, false, false, false])
    }
  })

  test('is asked for at most every few seconds, and again by an answer from before', async () => {
    vi.useFakeTimers()
    const { cache, page, look, inDoubt } = threadWith()
    let asked = 0
    const { stop } = look(() => {
      asked += 1
      return Promise.resolve({ ...page(), position: { activity: `e:${asked < 2 ? 3 : 30}` } })
    })
    for (let sequence = 1; sequence < 9; sequence++) {
      cache.announce(at(sequence), anAnnouncement({ type: 'message_state_changed', conversationId: uuid(1) }))
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(asked).toBe(1)
    await vi.advanceTimersByTimeAsync(60_000)
    // What the answer knew already is not asked for.
    cache.announce(at(9), anAnnouncement({ type: 'message_state_changed', conversationId: uuid(1) }))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toBe(2)
    expect(inDoubt()).toBe(false)
    stop()
    vi.useRealTimers()
  })
})
