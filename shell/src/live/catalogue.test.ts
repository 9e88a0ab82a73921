import { QueryClient } from '@tanstack/react-query'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { api, http } from '#test/api.ts'

import { keys } from './keys.ts'
import { agentsQuery, cannedResponsesQuery, inboxesQuery, labelsQuery, teamsQuery } from './queries.ts'

test.each([
  ['agents', agentsQuery],
  ['canned-responses', cannedResponsesQuery],
  ['inboxes', inboxesQuery],
  ['labels', labelsQuery],
  ['teams', teamsQuery],
] as const)('the list of %s is read to its end', async (what, query) => {
  const rows = [1, 2, 3].map((chatwootId) => ({ chatwootId }))
  const asked: (string | null)[] = []
  api.use(
    http.untyped.get(`*/api/v1/${what}`, ({ request }) => {
      const cursor = new URL(request.url).searchParams.get('cursor')
      asked.push(cursor)
      const at = Number(cursor)
      return HttpResponse.json({ data: [rows[at]], ...(at < 2 && { page: { nextCursor: String(at + 1) } }) })
    }),
  )
  const client = new QueryClient()
  const options: object = query()
  await client.query(options as ReturnType<typeof teamsQuery>)
  expect(client.getQueryData(keys.catalogue(what))).toEqual({ data: rows })
  expect(asked).toEqual([null, '1', '2'])
})
