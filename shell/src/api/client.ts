import createClient from 'openapi-fetch'

import { session } from '../auth/session.ts'

import { deadline } from './deadline.ts'
import { Failure } from './failure.ts'
import { API_ORIGIN } from './origin.ts'
import type { paths } from './schema'

export const client = createClient<paths>({ baseUrl: API_ORIGIN, fetch: asking() })

/** A `fetch` with a token, for what takes no longer than that; milliseconds. */
export function asking(longest?: number): (request: Request) => Promise<Response> {
  return (request) =>
    authorised((token) => {
      const asked = request.clone()
      asked.headers.set('authorization', `Bearer ${token}`)
      // Looked up at each call: tests put their own in place.
      return globalThis.fetch(asked, { signal: deadline(request.signal, longest) })
    })
}

/** Asks with a token; with another one once more, if that is refused and there is another. */
export async function authorised<T extends { status: number }>(ask: (token: string) => Promise<T>): Promise<T> {
  const token = await session().token()
  const answer = await ask(token)
  if (answer.status !== 401 || !(await session().renewed(token))) return answer
  return await ask(await session().token())
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
  const { data, error, response } = answer
  if (response.ok) return data
  throw Failure.answered(response.status, error, response.headers.get('retry-after'))
}

/** What was asked for, or a `Failure`. */
export async function answerOf<T>(asked: Promise<Answer<T>>): Promise<T> {
  const data = await doneOf(asked)
  if (data === undefined) throw new Failure(0, { detail: 'the server answered nothing' })
  return data
}
