import { HttpResponse } from 'msw'

import { api, http } from './api.ts'
import { instant, uuid } from './samples.ts'

interface Kept {
  conversationId: string
  content: string
  private: boolean
  updatedAt: string
}

/** An API that keeps drafts, as long as `answers` lets it. */
export function keeping(first: Partial<Kept>[] = []) {
  const kept = new Map<string, Kept>()
  const keep = (one: Partial<Kept>) => {
    const draft = { conversationId: uuid(901), content: '', private: false, updatedAt: instant(0), ...one }
    kept.set(`${draft.conversationId} ${draft.private}`, draft)
    return draft
  }
  first.forEach(keep)
  const state = { kept, puts: 0, lists: 0, answers: () => Promise.resolve(), broken: false, lost: false }
  api.use(
    http.untyped.get('*/api/v1/drafts', async ({ request }) => {
      // A cursor names the last row that was given.
      const begin = [...kept.keys()].indexOf(new URL(request.url).searchParams.get('cursor') ?? '') + 1
      const nextCursor = [...kept.keys()].slice(0, -1)[begin + 99] ?? null
      const data = [...kept.values()].slice(begin, begin + 100)
      state.lists += 1
      await state.answers()
      return HttpResponse.json({ data, page: { limit: 100, nextCursor } })
    }),
    http.untyped.put('*/api/v1/conversations/:id/draft', async ({ params, request }) => {
      state.puts += 1
      if (state.broken) return HttpResponse.json({ code: 'unavailable' }, { status: 503 })
      const draft = keep({ conversationId: String(params.id), ...((await request.json()) as Partial<Kept>) })
      // It has it, but its answer does not come through.
      if (state.lost) return HttpResponse.json({}, { status: 502 })
      return HttpResponse.json(draft)
    }),
    http.untyped.delete('*/api/v1/conversations/:id/draft', ({ params, request }) => {
      kept.delete(`${String(params.id)} ${new URL(request.url).searchParams.get('private') ?? 'false'}`)
      return new HttpResponse(null, { status: 204 })
    }),
  )
  return state
}
