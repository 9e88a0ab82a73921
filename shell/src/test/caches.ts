/** Caches that hold something already. */
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'

import type { Conversation, ConversationFilter, Message, MessageList } from '../api/types.ts'
import { Cache } from '../live/cache.ts'
import { conversationPage, type ConversationPages } from '../live/conversations.ts'
import { Journal } from '../live/journal.ts'
import { keys } from '../live/keys.ts'
import { type MessagePages, messagesOf } from '../live/messages.ts'
import { rowsOf } from '../live/pages.ts'

import { uuid } from './samples.ts'

export const at = (sequence: number) => ({ epoch: 'e', sequence })

/** A cache with a list that was read at this position. */
export function cacheWith(rows: Conversation[], filter: ConversationFilter = {}, place = 0) {
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

/** A thread that was read at this position, with or without an observer, and the requests that follow. */
export function threadWith(messages: Message[] = []) {
  const { client, cache } = cacheWith([])
  cache.watch()
  const queryKey = keys.messages(uuid(1))
  const page = (hasMore = false): MessageList => ({ data: messages, page: { limit: 50, hasMore }, position: { activity: 'e:0' } })
  client.setQueryData<MessagePages>(queryKey, { pages: [page(true)], pageParams: [null] })
  /** Observes a query; `answer` is what the API returns. */
  const look = (answer: () => Promise<MessageList>) => {
    const observer = new InfiniteQueryObserver(client, {
      queryKey,
      // Like every request to the API, it can be aborted.
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
