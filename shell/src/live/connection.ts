import { Failure } from '../api/failure.ts'

import { wait } from './backoff.ts'
import { type Frame, Parser } from './sse.ts'

export interface Handlers {
  /** An event. Its id is its position in the stream; events that are not stored have none. */
  frame: (frame: Frame) => void
  /** Bytes came, whether or not they complete an event. */
  alive: () => void
  /** The connection is lost. It is being opened again, or waits for the network. */
  lost: (reason: 'reconnecting' | 'offline') => void
  /** The server refuses the connection for good: somebody has to do something about it. */
  refused: (why: Failure) => void
  /** The stream is closed because nobody needs it; it is opened again when somebody does. */
  rests: () => void
}

/** What it takes to open a stream once. */
export interface Admission {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** When the server ends the stream by itself, in milliseconds since 1970; null: never. */
  readonly endsAt: number | null
}

export interface Options {
  /** The argument says whether the last admission had expired. */
  readonly admission: (over: boolean) => Promise<Admission>
  readonly handlers: Handlers
}

/** Three heartbeats of the slowest server. Milliseconds. */
const LONGEST_SILENCE = 45_000
/** How far clocks may differ. Milliseconds. */
const CLOCKS = 5_000

/** How long to wait before retrying a stream that was refused for good, unless somebody asks earlier. Milliseconds. */
const REFUSED = 5 * 60_000

/** How many refusals in a row count as final: a new token may be accepted, or a proxy may just be restarting. */
const triesOf = ({ status }: Failure) => (status === 401 ? 2 : 4)

/**
 * How a stream ended: at its time; after something came; before anything came, because its time was over; without an
 * answer; or refused.
 */
type End = 'in-time' | 'heard' | 'late' | 'silent' | Failure

/** Keeps one stream open, resuming after the last event, whatever happens to the network. */
export class Connection {
  readonly #options: Options
  readonly #stopped = new AbortController()
  #lastEventId: string | undefined
  #retry = 1_000
  #failures = 0
  /** The server does not want requests before this time, by the monotonic clock. */
  #notBefore = 0
  /** Refusals since something last came. */
  #refusals = 0
  #again: () => void = () => undefined
  #resting = false
  #close: () => void = () => undefined
  #woken: () => void = () => undefined

  constructor(options: Options) {
    this.#options = options
  }

  /** Runs until `stop`. */
  async run(): Promise<void> {
    const { signal } = this.#stopped
    let last: End | undefined
    const rests = () => this.#resting
    while (!signal.aborted) {
      if (rests()) {
        this.#options.handlers.rests()
        await this.#rested()
        continue
      }
      if (navigator.onLine) {
        // Ask for a new token only then: where none can be had, the person would be signed out.
        const unknown = last instanceof Failure && last.status === 401
        const ended = await this.#listen(last === 'in-time' || last === 'late' || unknown)
        if (rests()) {
          // Closed on purpose, which is no failure.
          last = ended
          this.#failures = 0
          continue
        }
        // The admission expired on the way. The next one will not, or something else is wrong.
        const again = ended === 'in-time' || (ended === 'late' && last !== 'late')
        last = ended
        if (again) continue
        this.#failures = ended === 'heard' ? 1 : this.#failures + 1
        if (ended instanceof Failure) this.#refusals += 1
        if (ended instanceof Failure && this.#refusals >= triesOf(ended)) {
          if (this.#stopped.signal.aborted) return
          this.#options.handlers.refused(ended)
          await this.#pause(REFUSED)
          continue
        }
      }
      if (this.#stopped.signal.aborted) return
      this.#options.handlers.lost(navigator.onLine ? 'reconnecting' : 'offline')
      await this.#pause()
    }
  }

  stop(): void {
    this.#stopped.abort()
    this.#woken()
  }

  /** Closes the stream until somebody needs it. */
  rest(): void {
    this.#resting = true
    this.#close()
  }

  /** Opens the stream again, where it was. */
  wake(): void {
    this.#resting = false
    this.#woken()
  }

  /** Retries now instead of waiting. */
  again(): void {
    this.#again()
  }

  async #listen(over: boolean): Promise<End> {
    const ended = new AbortController()
    const end = () => ended.abort()
    this.#close = end
    let watchdog = setTimeout(end, LONGEST_SILENCE)
    this.#stopped.signal.addEventListener('abort', end)
    window.addEventListener('offline', end)
    let heard = false
    let endsAt: number | null = null
    const unheard = () => (endsAt !== null && Date.now() > endsAt - CLOCKS ? 'late' : 'silent')
    try {
      const { url, headers: admitted, ...admission } = await unless(ended.signal, this.#options.admission(over))
      endsAt = admission.endsAt
      const headers = new Headers({ accept: 'text/event-stream', ...admitted })
      if (this.#lastEventId !== undefined) headers.set('last-event-id', this.#lastEventId)
      const answer = await fetch(url, { headers, signal: ended.signal, cache: 'no-store' })
      if (!answer.ok || answer.body === null) {
        const failure = await Failure.of(answer)
        this.#notBefore = performance.now() + failure.retryAfter
        return answer.ok || failure.passing || unheard() === 'late' ? unheard() : failure
      }
      const parser = new Parser()
      const reader = answer.body.getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done && heard && endsAt !== null && Date.now() > endsAt - CLOCKS) return 'in-time'
        if (done) return heard ? 'heard' : unheard()
        clearTimeout(watchdog)
        watchdog = setTimeout(end, LONGEST_SILENCE)
        heard = true
        this.#refusals = 0
        this.#take(parser, value)
      }
    } catch (error) {
      const failure = Failure.from(error)
      this.#notBefore = performance.now() + failure.retryAfter
      if (!heard && !failure.passing) return failure
      // Whatever the error was, the stream is opened again; the connection mark shows that meanwhile.
      return heard ? 'heard' : 'silent'
    } finally {
      clearTimeout(watchdog)
      this.#stopped.signal.removeEventListener('abort', end)
      window.removeEventListener('offline', end)
      end()
    }
  }

  #rested(): Promise<void> {
    return new Promise((go) => {
      if (this.#resting && !this.#stopped.signal.aborted) this.#woken = go
      else go()
    })
  }

  #take(parser: Parser, bytes: Uint8Array): void {
    const { handlers } = this.#options
    const { frames, lastEventId, retry } = parser.push(bytes)
    handlers.alive()
    for (const frame of frames) handlers.frame(frame)
    // Set after the frames were handled, so that anything unhandled is sent again.
    this.#lastEventId = lastEventId ?? this.#lastEventId
    this.#retry = retry ?? this.#retry
  }

  /**
   * Waits before the next try. Ends early when the network comes back, or somebody looks at the page or asks for it.
   */
  #pause(longest?: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stopped
      const done = () => {
        clearTimeout(timer)
        this.#again = () => undefined
        window.removeEventListener('online', done)
        window.removeEventListener('offline', done)
        document.removeEventListener('visibilitychange', seen)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const seen = () => {
        if (document.visibilityState === 'visible' && performance.now() >= this.#notBefore) done()
      }
      const timer = setTimeout(done, longest ?? wait(this.#failures, { retryAfter: this.#notBefore - performance.now() }, this.#retry))
      this.#again = done
      window.addEventListener('online', done)
      // Then the missing network is the reason.
      if (longest !== undefined) window.addEventListener('offline', done)
      document.addEventListener('visibilitychange', seen)
      signal.addEventListener('abort', done)
    })
  }
}

/** The result of `asked`, unless the signal aborts first. */
function unless<T>(signal: AbortSignal, asked: Promise<T>): Promise<T> {
  const never = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
  return Promise.race([asked, never])
}
