/** The names under which this person writes in Chatwoot. A token goes to the API and is not stored in the browser. */
import { queryOptions } from '@tanstack/react-query'

import { answerOf, client, doneOf } from '../api/client.ts'
import type { ChatwootLink } from '../api/types.ts'

import { keys } from './keys.ts'

export function linksQuery() {
  return queryOptions({
    queryKey: keys.links(),
    queryFn: ({ signal }) => answerOf(client.GET('/api/v1/me/links', { signal })),
    select: (list) => list.data,
    // No event reports that Chatwoot refuses a token.
    refetchInterval: 5 * 60_000,
  })
}

/** From now on, what this person writes in the account is sent with their own token. */
export function link(accountId: string, token: string): Promise<ChatwootLink> {
  const params = { path: { id: accountId } }
  return answerOf(client.PUT('/api/v1/me/links/{id}', { params, body: { token } }))
}

/** From now on, it is sent with the account's token again. */
export async function unlink(accountId: string): Promise<void> {
  await doneOf(client.DELETE('/api/v1/me/links/{id}', { params: { path: { id: accountId } } }))
}
