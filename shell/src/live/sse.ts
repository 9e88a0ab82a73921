/**
 * Parses server-sent events, as the HTML standard defines them. Used with fetch instead of `EventSource`, which cannot
 * send an Authorization header.
 */
export interface Frame {
  /** `message` unless the event has a name. */
  readonly event: string
  readonly data: string
  /** The id of this event itself, if it has one. */
  readonly id: string | undefined
}

export interface Heard {
  readonly frames: Frame[]
  /** The id to resume from, if one came. It may also come with an event without data, which is no frame. */
  readonly lastEventId: string | undefined
  /** The time to wait before reconnecting, if one came. Milliseconds. */
  readonly retry: number | undefined
}

/** The longest event in characters; a server that sends more without an end is not ours. */
const LONGEST_EVENT = 8 * 1024 * 1024

export class Parser {
  readonly #decoder = new TextDecoder()
  #rest = ''
  #afterCarriageReturn = false
  #event = ''
  #data: string[] = []
  #size = 0
  #id: string | undefined
  #own: string | undefined

  /** Takes the next bytes, cut anywhere. Returns the events that they complete. */
  push(bytes: Uint8Array): Heard {
    let text = this.#decoder.decode(bytes, { stream: true })
    if (this.#afterCarriageReturn && text !== '') {
      if (text.startsWith('\n')) text = text.slice(1)
      this.#afterCarriageReturn = false
    }
    const frames: Frame[] = []
    let lastEventId: string | undefined
    let retry: number | undefined
    text = this.#rest + text
    let begin = 0
    for (;;) {
      const end = endOfLine(text, begin)
      if (end === -1) break
      const line = text.slice(begin, end)
      begin = end + 1
      if (text[end] === '\r') {
        if (begin === text.length) this.#afterCarriageReturn = true
        else if (text[begin] === '\n') begin += 1
      }
      if (line === '') {
        lastEventId = this.#id ?? lastEventId
        if (this.#data.length > 0) {
          frames.push({
            event: this.#event === '' ? 'message' : this.#event,
            data: this.#data.join('\n'),
            id: this.#own,
          })
        }
        this.#event = ''
        this.#own = undefined
        this.#data = []
        this.#size = 0
        continue
      }
      retry = this.#field(line) ?? retry
    }
    this.#rest = text.slice(begin)
    if (this.#rest.length + this.#size > LONGEST_EVENT) throw new Error('an event has no end')
    return { frames, lastEventId, retry }
  }

  #field(line: string): number | undefined {
    const colon = line.indexOf(':')
    if (colon === 0) return undefined
    const name = colon === -1 ? line : line.slice(0, colon)
    let value = colon === -1 ? '' : line.slice(colon + 1)
    if (value.startsWith(' ')) value = value.slice(1)
    switch (name) {
      case 'event':
        this.#event = value
        break
      case 'data':
        this.#data.push(value)
        this.#size += value.length
        break
      case 'id':
        if (!value.includes('\0')) {
          this.#id = value
          this.#own = value
        }
        break
      case 'retry':
        if (/^\d+$/.test(value)) return Number(value)
        break
    }
    return undefined
  }
}

function endOfLine(text: string, from: number): number {
  const feed = text.indexOf('\n', from)
  const carriage = text.indexOf('\r', from)
  if (feed === -1) return carriage
  if (carriage === -1) return feed
  return Math.min(feed, carriage)
}
