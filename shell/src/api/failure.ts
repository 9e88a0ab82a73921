import { retryAfterOf } from './retryAfter.ts'
import type { FieldError, Problem } from './types'

/** The code of requests that failed because there is no network. */
export const OFFLINE = 'offline'

/** What the API explains to programs, with tags and headers, in words for people. */
const FOR_PEOPLE = new Map([
  ['changed', 'it has changed since you read it; look at it again before you go on'],
  ['stale', 'the customer has written since this was requested; read that first'],
  ['decided', 'it has already been decided'],
])

/** A request that failed. `message` is a sentence for people. */
export class Failure extends Error {
  override readonly name = 'Failure'
  /** HTTP status; 0 if there was no answer at all. */
  readonly status: number
  /** The API's stable name for the problem. */
  readonly code: string
  /** The invalid fields. */
  readonly errors: readonly FieldError[]
  /** Identifies the request in a report; undefined if `message` says it. */
  readonly traceId: string | undefined
  /** The current state of what the request was about, if it had changed since the caller saw it. */
  readonly current: unknown
  /** How long the server asks to wait before the next request; 0 if it did not say. Milliseconds. */
  readonly retryAfter: number

  constructor(status: number, problem: Partial<Problem> & { retryAfter?: number }, options?: ErrorOptions) {
    const words = FOR_PEOPLE.get(problem.code ?? '') ?? problem.detail ?? inWords(status)
    // People are asked to quote it, so they see it wherever they read that.
    const quoted = problem.code === 'internal' ? problem.traceId : undefined
    super(quoted === undefined ? words : `${words} (trace ${quoted})`, options)
    this.status = status
    this.code = problem.code ?? (status === 0 ? 'unreachable' : 'unknown')
    this.errors = problem.errors ?? []
    this.traceId = quoted === undefined ? problem.traceId : undefined
    this.current = problem.current
    this.retryAfter = problem.retryAfter ?? 0
  }

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }

  /** The failure that an answer reports. Its body may be anything; `retryAfter` is the value of that header. */
  static answered(status: number, body: unknown, retryAfter: string | null): Failure {
    const problem = typeof body === 'object' && body !== null ? (body as Partial<Problem>) : {}
    return new Failure(status, { ...problem, retryAfter: retryAfterOf(retryAfter) })
  }

  /** The failure that a response reports. */
  static async of(response: Response): Promise<Failure> {
    const body: unknown = await response.json().catch(() => null)
    return Failure.answered(response.status, body, response.headers.get('retry-after'))
  }

  static from(error: unknown): Failure {
    if (error instanceof Failure) return error
    return new Failure(0, navigator.onLine ? {} : { code: OFFLINE, detail: 'you are offline' }, { cause: error })
  }
}

function inWords(status: number): string {
  if (status === 0) return 'the server cannot be reached'
  return `the server answered ${status}`
}
