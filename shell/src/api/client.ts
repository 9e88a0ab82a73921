import createClient from 'openapi-fetch'

import { session } from '../auth/session.ts'

import { compareClocks } from './clock.ts'
import { deadline } from './deadline.ts'
import { Failure } from './failure.ts'
import { API_ORIGIN } from './origin.ts'
import type { paths } from './schema'

const ask = asking()
export const client = createClient<paths>({ baseUrl: API_ORIGIN, fetch: async (request) => compareClocks(await ask(request)) })

/** A `fetch` that adds the token and gives up after `longest` milliseconds. */
export function asking(longest?: number): (request: Request) => Promise<Response> {
  return (request) =>
    authorised((token) => {
      const asked = request.clone()
      asked.headers.set('authorization', `Bearer ${token}`)
      // Looked up at each call, because tests replace it.
      return globalThis.fetch(asked, { signal: deadline(request.signal, longest) })
    })
}

/** Sends a request with the token. If it is refused and a new token can be had, sends it once more with that. */
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

/** Waits for an answer without needing its body. Throws a `Failure` if the request failed. */
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

/** The body of an answer. Throws a `Failure` if the request failed. */
export async function answerOf<T>(asked: Promise<Answer<T>>): Promise<T> {
  const data = await doneOf(asked)
  if (data === undefined) throw new Failure(0, { detail: 'the server sent an empty answer' })
  return data
}
