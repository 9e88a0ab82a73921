/**
 * Under whose name this person writes in Chatwoot. A token goes to the API and is kept nowhere here.
 */
import { queryOptions } from '@tanstack/react-query'

import { answerOf, client, doneOf } from '../api/client.ts'
import type { ChatwootLink } from '../api/types.ts'

import { keys } from './keys.ts'

export function linksQuery() {
  return queryOptions({
    queryKey: keys.links(),
    queryFn: ({ signal }) => answerOf(client.GET('/api/v1/me/links', { signal })),
    select: (list) => list.data,
    // No event tells that Chatwoot refuses a token.
    refetchInterval: 5 * 60_000,
  })
}

/** What this person writes in the account goes out with their own token from now on. */
export function link(accountId: string, token: string): Promise<ChatwootLink> {
  const params = { path: { id: accountId } }
  return answerOf(client.PUT('/api/v1/me/links/{id}', { params, body: { token } }))
}

/** And with the account's token again. */
export async function unlink(accountId: string): Promise<void> {
  await doneOf(client.DELETE('/api/v1/me/links/{id}', { params: { path: { id: accountId } } }))
}
