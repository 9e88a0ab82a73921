import { HttpResponse } from 'msw'

import type { Approval } from '../api/types.ts'

import { api, http } from './api.ts'

/** Serves this request for approval. Returns what the API was asked. */
export function served(approval: Approval, answer: (body: object) => Response | Promise<Response>) {
  const asked: { body: object; tag: string | null }[] = []
  api.use(
    http.untyped.get('*/api/v1/approvals/:id', ({ params }) => HttpResponse.json({ ...approval, id: String(params.id) })),
    http.untyped.patch('*/api/v1/approvals/:id', async ({ request }) => {
      const body = (await request.json()) as object
      asked.push({ body, tag: request.headers.get('if-match') })
      return answer(body)
    }),
    http.untyped.delete('*/api/v1/approvals/:id', () => HttpResponse.json({ ...approval, status: 'withdrawn' })),
  )
  return asked
}
