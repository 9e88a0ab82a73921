/** Queries to the API, loaded once and kept current by events. Screens use these and need not know about events. */
import { infiniteQueryOptions, type Query, queryOptions, type QueryClient } from '@tanstack/react-query'

import { answerOf, client } from '../api/client.ts'
import type { Failure } from '../api/failure.ts'
import { readHealth } from '../api/health.ts'
import type {
  Activity,
  ActivityFilter,
  ActivityList,
  Approval,
  ApprovalFilter,
  ApprovalList,
  Conversation,
  ConversationFilter,
  Message,
  MessageList,
} from '../api/types.ts'

import { type ActivityPage, linesOf } from './activity.ts'
import { conversationPage, type ConversationPage, type ConversationPages } from './conversations.ts'
import { keys } from './keys.ts'
import { threadOf } from './messages.ts'
import { find, rowsOf } from './pages.ts'
import { learnName } from './typing.ts'

const PAGE = 50

/** Events keep these current. They are loaded again after a reset, or after a long time without a connection. */
const live = { staleTime: Infinity, structuralSharing: false } as const

export function conversationsQuery(filter: ConversationFilter) {
  return infiniteQueryOptions<ConversationPage, Failure, Conversation[], ReturnType<typeof keys.conversations>, string | null>({
    queryKey: keys.conversations(filter),
    queryFn: async ({ pageParam, signal }) =>
      conversationPage(
        await answerOf(
          client.GET('/api/v1/conversations', {
            params: { query: { ...filter, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
            signal,
          }),
        ),
      ),
    initialPageParam: null,
    getNextPageParam: (last) => last.page.nextCursor ?? null,
    select: rowsOf<Conversation>,
    ...live,
  })
}

export function conversationQuery(queryClient: QueryClient, id: string) {
  return queryOptions<Conversation, Failure>({
    queryKey: keys.conversation(id),
    queryFn: ({ signal }) =>
      answerOf(client.GET('/api/v1/conversations/{id}', { params: { path: { id } }, signal })),
    placeholderData: () => listed(queryClient, id),
    ...live,
  })
}

/** A conversation from any list that has it. */
function listed(queryClient: QueryClient, id: string, which: (query: Query) => boolean = () => true): Conversation | undefined {
  for (const [, list] of queryClient.getQueriesData<ConversationPages>({ queryKey: ['conversations'], predicate: which })) {
    const row = list && find<Conversation, ConversationPage>(list, id)
    if (row) return row
  }
  return undefined
}

/** A conversation as events keep it: by itself or in a list, but not in one that is to be loaded again. */
export function shown(queryClient: QueryClient, id: string): Conversation | undefined {
  const own = queryClient.getQueryState<Conversation>(keys.conversation(id))
  if (own?.data && !own.isInvalidated) return own.data
  return listed(queryClient, id, (query) => !query.state.isInvalidated)
}

export function messagesQuery(conversationId: string) {
  return infiniteQueryOptions<MessageList, Failure, Message[], ReturnType<typeof keys.messages>, string | null>({
    queryKey: keys.messages(conversationId),
    queryFn: async ({ pageParam, signal }) => {
      const answer = await answerOf(
        client.GET('/api/v1/conversations/{id}/messages', {
          params: {
            path: { id: conversationId },
            query: { limit: PAGE, ...(pageParam ? { before: pageParam } : {}) },
          },
          signal,
        }),
      )
      answer.data.forEach(learnName)
      return answer
    },
    initialPageParam: null,
    getNextPageParam: (last) =>
      last.page.hasMore ? (last.data[0]?.id ?? null) : null,
    select: threadOf,
    ...live,
  })
}

export function activityQuery(filter: ActivityFilter) {
  return infiniteQueryOptions<ActivityPage, Failure, Activity[], ReturnType<typeof keys.activity>, string | null>({
    queryKey: keys.activity(filter),
    queryFn: async ({ pageParam, signal }) => {
      const answer = await answerOf(
        client.GET('/api/v1/activity', {
          params: { query: { ...filter, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
          headers: { accept: 'application/json' },
          signal,
        }),
      )
      // Typed as text too, because the same address serves the stream.
      return answer as ActivityList
    },
    initialPageParam: null,
    getNextPageParam: (last) => last.page.nextCursor ?? null,
    select: linesOf,
    ...live,
  })
}

const APPROVALS = 100

/** The newest requests. */
export function approvalsQuery(filter: ApprovalFilter) {
  return queryOptions({
    queryKey: keys.approvals(filter),
    queryFn: ({ signal }) =>
      answerOf(
        client.GET('/api/v1/approvals', { params: { query: { ...filter, limit: APPROVALS } }, signal }),
      ),
    select: (list) => list.data,
    staleTime: 30_000,
    structuralSharing: false,
  })
}

/** All requests, page by page. */
export function approvalPagesQuery(filter: ApprovalFilter) {
  return infiniteQueryOptions<ApprovalList, Failure, Approval[], ReturnType<typeof keys.approvalPages>, string | null>({
    queryKey: keys.approvalPages(filter),
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        client.GET('/api/v1/approvals', {
          params: { query: { ...filter, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: null,
    // By cursor and not by page number: a decided request leaves the list, and all after it move up.
    getNextPageParam: (last) => last.page.nextCursor ?? null,
    select: rowsOf<Approval>,
    staleTime: 30_000,
    structuralSharing: false,
  })
}

export function approvalQuery(id: string) {
  return queryOptions({
    queryKey: keys.approval(id),
    queryFn: ({ signal }) =>
      answerOf(client.GET('/api/v1/approvals/{id}', { params: { path: { id } }, signal })),
    staleTime: 30_000,
  })
}

export function healthQuery() {
  return queryOptions({
    queryKey: keys.health(),
    queryFn: ({ signal }) => readHealth(signal),
    refetchInterval: 5_000,
    staleTime: 4_000,
  })
}

/** The state of each Chatwoot account, for everybody who works with conversations. */
export function chatwootQuery() {
  return queryOptions({
    queryKey: keys.chatwoot(),
    queryFn: ({ signal }) => answerOf(client.GET('/api/v1/chatwoot', { signal })),
    select: (list) => list.data,
  })
}

interface Listed {
  state: { data: { data: unknown[] } | undefined }
}
const isEmpty = (query: Listed) => query.state.data?.data.length === 0

/** An account's catalogue changes rarely. For an account that was just added it is empty at first. */
const catalogue = {
  staleTime: (query: Listed) => (isEmpty(query) ? 0 : 5 * 60_000),
  refetchInterval: (query: Listed) => isEmpty(query) && 3_000,
}

interface Part<T> {
  data: T[]
  page?: { nextCursor: string } | null
}

/** All parts of a list: one, unless it is large. */
async function whole<T>(read: (query: { cursor?: string }) => Promise<Part<T>>): Promise<{ data: T[] }> {
  let { data, page } = await read({})
  while (page?.nextCursor) {
    const part = await read({ cursor: page.nextCursor })
    data = [...data, ...part.data]
    page = part.page
  }
  return { data }
}

/** A slower pace, for what is on the screen all day. */
export const patiently = { refetchInterval: (query: Listed) => isEmpty(query) && 30_000 }

export function agentsQuery() {
  return queryOptions({
    queryKey: keys.catalogue('agents'),
    queryFn: ({ signal }) => whole((query) => answerOf(client.GET('/api/v1/agents', { params: { query }, signal }))),
    select: (list) => list.data,
    ...catalogue,
  })
}

export function teamsQuery() {
  return queryOptions({
    queryKey: keys.catalogue('teams'),
    queryFn: ({ signal }) => whole((query) => answerOf(client.GET('/api/v1/teams', { params: { query }, signal }))),
    select: (list) => list.data,
    ...catalogue,
  })
}

export function labelsQuery() {
  return queryOptions({
    queryKey: keys.catalogue('labels'),
    queryFn: ({ signal }) => whole((query) => answerOf(client.GET('/api/v1/labels', { params: { query }, signal }))),
    select: (list) => list.data,
    ...catalogue,
  })
}

export function inboxesQuery() {
  return queryOptions({
    queryKey: keys.catalogue('inboxes'),
    queryFn: ({ signal }) => whole((query) => answerOf(client.GET('/api/v1/inboxes', { params: { query }, signal }))),
    select: (list) => list.data,
    ...catalogue,
  })
}

export function cannedResponsesQuery() {
  return queryOptions({
    queryKey: keys.catalogue('canned-responses'),
    queryFn: ({ signal }) => whole((query) => answerOf(client.GET('/api/v1/canned-responses', { params: { query }, signal }))),
    select: (list) => list.data,
    ...catalogue,
  })
}

/** A contact with all details; lists only have the name. */
export function contactQuery(id: string) {
  return queryOptions({
    queryKey: keys.contact(id),
    queryFn: ({ signal }) => answerOf(client.GET('/api/v1/contacts/{id}', { params: { path: { id } }, signal })),
    staleTime: 60_000,
  })
}
