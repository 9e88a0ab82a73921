import { Failure } from '../api/failure.ts'

import { wait } from './backoff.ts'
import { type Frame, Parser } from './sse.ts'

export interface Handlers {
  /** One event. Its id is its place in the stream; none for what is stored nowhere. */
  frame: (frame: Frame) => void
  /** Bytes came, events or not. */
  alive: () => void
  /** The connection is lost; it is being opened again, or waits for the network. */
  lost: (reason: 'reconnecting' | 'offline') => void
  /** The server does not want it, and will not soon: somebody has to do something about it. */
  refused: (why: Failure) => void
  /** Nobody needs it for now; it is opened again when somebody does. */
  rests: () => void
}

/** What opens a stream once. */
export interface Admission {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** When the server ends the stream by itself, in milliseconds since 1970; null: it does not. */
  readonly endsAt: number | null
}

export interface Options {
  /** Called with whether the last admission had expired. */
  readonly admission: (over: boolean) => Promise<Admission>
  readonly handlers: Handlers
}

/** Three heartbeats of the slowest server. */
const LONGEST_SILENCE = 45_000
/** By how much clocks may differ. */
const CLOCKS = 5_000

/** How long to wait before asking again for a stream that was refused for good, unless somebody asks earlier. Milliseconds. */
const REFUSED = 5 * 60_000

/** How many refusals count as final: another token may be accepted, or a proxy may just be restarting. */
const triesOf = ({ status }: Failure) => (status === 401 ? 2 : 4)

/** How a stream ended: in time, after it was heard, before it was heard since its time was over, without a word, or refused. */
type End = 'in-time' | 'heard' | 'late' | 'silent' | Failure

/** Keeps one stream open, from the last event on, whatever happens to the network. */
export class Connection {
  readonly #options: Options
  readonly #stopped = new AbortController()
  #lastEventId: string | undefined
  #retry = 1_000
  #failures = 0
  /** Before then the server does not want to be asked; by a clock that nobody sets. */
  #notBefore = 0
  /** Refusals since something was last heard. */
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
        // A token is spent for nothing else: where none can be renewed, somebody would be signed out for it.
        const unknown = last instanceof Failure && last.status === 401
        const ended = await this.#listen(last === 'in-time' || last === 'late' || unknown)
        if (rests()) {
          // It was closed here: that is no failure.
          last = ended
          this.#failures = 0
          continue
        }
        // What let it in ended on the way: the next one does not, or it is something else.
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

  /** Closes the stream, until somebody needs it. */
  rest(): void {
    this.#resting = true
    this.#close()
  }

  /** Goes on from where it was. */
  wake(): void {
    this.#resting = false
    this.#woken()
  }

  /** Tries now what it waits for. */
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
      // Whatever else it was, the answer is to open the stream again; the mark says so meanwhile.
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
    // After the frames: what was not taken is asked for again.
    this.#lastEventId = lastEventId ?? this.#lastEventId
    this.#retry = retry ?? this.#retry
  }

  /** Ends early when the network comes back, somebody looks at the page again, or asks for it. */
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
      // Then that is why nothing comes.
      if (longest !== undefined) window.addEventListener('offline', done)
      document.addEventListener('visibilitychange', seen)
      signal.addEventListener('abort', done)
    })
  }
}

/** What was asked for, unless the signal comes first. */
function unless<T>(signal: AbortSignal, asked: Promise<T>): Promise<T> {
  const never = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
  return Promise.race([asked, never])
}
