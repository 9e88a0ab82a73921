import fc from 'fast-check'
import { expect, test } from 'vitest'

import { Parser } from './sse.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

const STREAM =
  'retry: 2000\r\n\r\n: alive\nid: e:1\n\nid: e:2\nevent: note\ndata: {"a":"é 👋"}\n\n' +
  'event: typing\rdata: one\rdata:two\r\r\ndata\n\nid: e:3\r\nevent: ready\r\ndata: x\r\n\r\n'

function readIn(chunks: Uint8Array[]) {
  const parser = new Parser()
  const heard = chunks.map((chunk) => parser.push(chunk))
  return {
    frames: heard.flatMap((one) => one.frames),
    lastEventId: heard.map((one) => one.lastEventId).findLast((id) => id !== undefined),
    retry: heard.map((one) => one.retry).findLast((ms) => ms !== undefined),
  }
}

const WHOLE = {
  frames: [
    { event: 'note', data: '{"a":"é 👋"}', id: 'e:2' },
    { event: 'typing', data: 'one\ntwo', id: undefined },
    { event: 'message', data: '', id: undefined },
    { event: 'ready', data: 'x', id: 'e:3' },
  ],
  lastEventId: 'e:3',
  retry: 2000,
}

test('reads what the standard allows', () => {
  expect(readIn([bytes(STREAM)])).toEqual(WHOLE)
})

test('cut anywhere, even within a character, it reads the same', () => {
  const whole = bytes(STREAM)
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 40 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length]
      const chunks = at.slice(1).map((end, i) => whole.slice(at[i], end))
      expect(readIn(chunks)).toEqual(WHOLE)
    }),
  )
})

test('a heartbeat moves the place on without being an event', () => {
  const heard = new Parser().push(bytes(': alive\nid: e:9\n\n'))
  expect(heard).toEqual({ frames: [], lastEventId: 'e:9', retry: undefined })
})

test('an id counts only once its event is complete', () => {
  const parser = new Parser()
  expect(parser.push(bytes('id: e:9\ndata: x\n')).lastEventId).toBeUndefined()
  expect(parser.push(bytes('\n')).lastEventId).toBe('e:9')
})

test('an event without an end is refused', () => {
  const parser = new Parser()
  const piece = bytes('x'.repeat(1024 * 1024))
  expect(() => {
    for (let i = 0; i < 10; i++) parser.push(piece)
  }).toThrow('no end')
})
