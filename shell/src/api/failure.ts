import { retryAfterOf } from './retryAfter.ts'
import type { FieldError, Problem } from './types'

/** The code of what cannot be had without a network. */
export const OFFLINE = 'offline'

/** A request that did not get what it asked for. `message` is a sentence for people. */
export class Failure extends Error {
  override readonly name = 'Failure'
  /** HTTP status; 0 when there was no answer at all. */
  readonly status: number
  /** The API's stable name of the problem. */
  readonly code: string
  /** The fields that are at fault. */
  readonly errors: readonly FieldError[]
  /** To be quoted in a report. */
  readonly traceId: string | undefined
  /** What the request was about as it is now, if it was not as the caller had seen it. */
  readonly current: unknown
  /** How long the server asks to wait before the next request; 0 if it did not say. Milliseconds. */
  readonly retryAfter: number

  constructor(status: number, problem: Partial<Problem> & { retryAfter?: number }, options?: ErrorOptions) {
    super(problem.detail ?? inWords(status), options)
    this.status = status
    this.code = problem.code ?? (status === 0 ? 'unreachable' : 'unknown')
    this.errors = problem.errors ?? []
    this.traceId = problem.traceId
    this.current = problem.current
    this.retryAfter = problem.retryAfter ?? 0
  }

  /** The same request may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }

  /** What an answer says that is none. */
  static async of(answer: Response): Promise<Failure> {
    const said: unknown = await answer.json().catch(() => null)
    const problem = typeof said === 'object' && said !== null ? (said as Partial<Problem>) : {}
    return new Failure(answer.status, { ...problem, retryAfter: retryAfterOf(answer.headers.get('retry-after')) })
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
