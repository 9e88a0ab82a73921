/** What operators see and do. No events report it, so it is loaded again at intervals while it is shown. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { answerOf, client } from '../api/client.ts'
import type { Failure } from '../api/failure.ts'
import type { DeadLetter, DeadLetterFilter, DeadLetterList, ReplayWanted } from '../api/types.ts'

import { rowsOf } from './pages.ts'
import { Unanswered } from './unanswered.ts'

/**
 * Repeats a load only after one has succeeded. What failed to load says so until somebody retries, or the network or
 * the API is back; otherwise the message would come and go.
 */
const onceHad = (pace: number) => (query: { state: { data: unknown } }) => query.state.data !== undefined && pace

export function pipelineQuery() {
  return queryOptions({
    queryKey: ['operations', 'pipeline'],
    queryFn: ({ signal }) => answerOf(client.GET('/api/v1/operations/pipeline', { signal })),
    refetchInterval: onceHad(5_000),
    staleTime: 4_000,
  })
}

export interface DeadLetters {
  letters: DeadLetter[]
  /** How many pages these come from, of which some may be empty. */
  pages: number
}

export function deadLettersQuery(filter: DeadLetterFilter) {
  return infiniteQueryOptions<DeadLetterList, Failure, DeadLetters, readonly unknown[], string | null>({
    queryKey: ['operations', 'dead-letters', filter],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        client.GET('/api/v1/operations/dead-letters', {
          params: { query: { ...filter, limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: null,
    getNextPageParam: (last) => last.page.nextCursor ?? null,
    select: (list) => ({ letters: rowsOf<DeadLetter>(list), pages: list.pages.length }),
    placeholderData: keepPreviousData,
    // All pages are loaded again, so the more there are, the less often.
    refetchInterval: ({ state: { data } }) => data !== undefined && 15_000 * data.pages.length,
  })
}

export function deadLetterQuery(id: string) {
  return queryOptions({
    queryKey: ['operations', 'dead-letter', id],
    queryFn: ({ signal }) =>
      answerOf(client.GET('/api/v1/operations/dead-letters/{id}', { params: { path: { id } }, signal })),
  })
}

/** Sends a dead letter to its stream again, or removes it for good; a dry run only says what would happen. */
export function actOnLetter(id: string, act: 'redrive' | 'drop', dryRun: boolean) {
  const asked = { params: { path: { id } }, body: { dryRun } }
  return answerOf(
    act === 'redrive'
      ? client.POST('/api/v1/operations/dead-letters/{id}/redrive', asked)
      : client.POST('/api/v1/operations/dead-letters/{id}/drop', asked),
  )
}

export function accountsQuery() {
  return queryOptions({
    queryKey: ['operations', 'accounts'],
    queryFn: ({ signal }) => answerOf(client.GET('/api/v1/operations/accounts', { signal })),
    select: (list) => list.data,
    refetchInterval: onceHad(5_000),
    staleTime: 4_000,
  })
}

export function reconcile(id: string) {
  return answerOf(
    client.POST('/api/v1/operations/accounts/{id}/reconcile', { params: { path: { id } }, body: { everything: true } }),
  )
}

/** How often the state of a running replay is loaded. Milliseconds. */
const PACE = 1_000

export function replaysQuery() {
  return queryOptions({
    queryKey: ['operations', 'replays'],
    queryFn: ({ signal }) =>
      answerOf(client.GET('/api/v1/operations/replays', { params: { query: { limit: 20 } }, signal })),
    select: (list) => list.data,
    refetchInterval: ({ state }) =>
      state.data !== undefined && (state.data.data.some((one) => one.state === 'running') ? PACE : 15_000),
  })
}

const unanswered = new Unanswered()

/**
 * Counts what a replay would hand out, or starts it. Starting it again before there is an answer repeats the same
 * request.
 */
export function replay(wanted: ReplayWanted) {
  if (wanted.dryRun) return answerOf(client.POST('/api/v1/operations/replay', { body: wanted }))
  return unanswered.ask(['replay', JSON.stringify(wanted)], (key) =>
    answerOf(client.POST('/api/v1/operations/replay', { params: { header: { 'Idempotency-Key': key } }, body: wanted })),
  )
}
