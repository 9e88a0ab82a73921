import createClient, { type Middleware } from 'openapi-fetch'

import { session } from '../auth/session.ts'

import { Failure } from './failure.ts'
import { API_ORIGIN } from './origin.ts'
import type { paths } from './schema'
import type { Problem } from './types.ts'

const identify: Middleware = {
  async onRequest({ request }) {
    request.headers.set('authorization', `Bearer ${await session().token()}`)
    return request
  },
}

export const client = createClient<paths>({
  baseUrl: API_ORIGIN,
  fetch: sent,
})
client.use(identify)

/** Sends a request; with another token once more, if its own is refused and there is another. */
async function sent(request: Request): Promise<Response> {
  const again = request.clone()
  // Looked up at each call: tests put their own in place.
  const answer = await globalThis.fetch(request)
  if (answer.status !== 401) return answer
  const refused = request.headers.get('authorization')?.replace(/^Bearer /, '') ?? ''
  if (!(await session().renewed(refused))) return answer
  again.headers.set('authorization', `Bearer ${await session().token()}`)
  return await globalThis.fetch(again)
}

interface Answer<T> {
  data?: T | undefined
  error?: unknown
  response: Response
}

/** Waits until it is done, or throws a `Failure`. */
export async function doneOf<T>(asked: Promise<Answer<T>>): Promise<T | undefined> {
  let answer: Answer<T>
  try {
    answer = await asked
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw Failure.from(error)
  }
  if (answer.response.ok) return answer.data
  const problem = answer.error
  const known = typeof problem === 'object' && problem !== null ? (problem as Partial<Problem>) : {}
  throw new Failure(answer.response.status, known)
}

/** What was asked for, or a `Failure`. */
export async function answerOf<T>(asked: Promise<Answer<T>>): Promise<T> {
  const data = await doneOf(asked)
  if (data === undefined) throw new Failure(0, { detail: 'the server answered nothing' })
  return data
}
