import createClient, { type Middleware } from 'openapi-fetch'

import { session } from '../auth/session.ts'

import { Failure } from './failure.ts'
import type { paths } from './schema'
import type { Problem } from './types.ts'

/** Scheme and host of the API: that of the page, unless the build was told otherwise. */
export const API_ORIGIN: string = import.meta.env.VITE_API_URL ?? window.location.origin

const identify: Middleware = {
  async onRequest({ request }) {
    request.headers.set('authorization', `Bearer ${await session().token()}`)
    return request
  },
}

export const client = createClient<paths>({
  baseUrl: API_ORIGIN,
  // Looked up at each call: tests put their own in place.
  fetch: (request) => globalThis.fetch(request),
})
client.use(identify)

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
