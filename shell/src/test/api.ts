/** A mock of the API, typed by its own description. */
import { http as plain, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { createOpenApiHttp } from 'openapi-msw'

import type { paths } from '../api/schema'

const nothing = () => new HttpResponse(null, { status: 204 })
const none = () => HttpResponse.json({ data: [], page: { limit: 100, nextCursor: null }, position: NOWHERE })

export const NOWHERE = { activity: null }

export const http = createOpenApiHttp<paths>({ baseUrl: window.location.origin })

/** Saved drafts. If the mock forgot them, that would look as if another browser had sent them. */
const drafts = new Map<string, object>()

/** Empty answers to everything that a test is not about. */
export const api = setupServer(
  plain.delete('*/api/v1/conversations/:id/draft', ({ params, request }) => {
    drafts.delete(`${String(params.id)} ${new URL(request.url).searchParams.get('private') ?? 'false'}`)
    return nothing()
  }),
  plain.put('*/api/v1/conversations/:id/draft', async ({ params, request }) => {
    const draft = { ...((await request.json()) as { private: boolean }), conversationId: String(params.id) }
    drafts.set(`${draft.conversationId} ${draft.private}`, draft)
    return HttpResponse.json(draft)
  }),
  plain.post('*/api/v1/conversations/:id/presence', nothing),
  plain.post('*/api/v1/conversations/:id/typing', nothing),
  plain.get('*/api/v1/drafts', () => HttpResponse.json({ data: [...drafts.values()], page: { limit: 100 } })),
  // The signed-in person stays the same.
  plain.get('*/api/v1/me', () => HttpResponse.json({ status: 503, code: 'unavailable', detail: 'not now' }, { status: 503 })),
  plain.get('*/api/v1/me/links', () => HttpResponse.json({ data: [] })),
  plain.get('*/api/v1/activity', none),
  plain.get('*/api/v1/approvals', none),
  plain.get('*/api/v1/conversations', none),
  plain.get('*/api/v1/operations/accounts', none),
  plain.get('*/api/v1/contacts/:id', () => HttpResponse.json({ status: 404, code: 'not-found', detail: 'there is no such contact' }, { status: 404 })),
  ...['agents', 'canned-responses', 'inboxes', 'labels', 'teams'].map((what) => plain.get(`*/api/v1/${what}`, none)),
)
