import { expect, test } from 'vitest'

import type { Written } from '#live/written.ts'
import { aMessage, anApproval, instant } from '#test/samples.ts'

import { eitherUnread, firstUnread, linesOf } from './lines.ts'


const kinds = (lines: ReturnType<typeof linesOf>) => lines.map((line) => line.kind)

test('runs of one sender are grouped; another sender, a note or a long pause begins a new one', () => {
  const messages = [
    aMessage({ createdAt: instant(0) }),
    aMessage({ createdAt: instant(10) }),
    aMessage({ createdAt: instant(20), messageType: 'outgoing', sender: { type: 'user', name: 'Ana Beispiel' } }),
    aMessage({ createdAt: instant(30), messageType: 'outgoing', private: true, sender: { type: 'user', name: 'Ana Beispiel' } }),
    aMessage({ createdAt: instant(40 + 360), messageType: 'outgoing', private: true, sender: { type: 'user', name: 'Ana Beispiel' } }),
  ]
  const lines = linesOf(messages, [], null).filter((line) => line.kind === 'message')
  expect(lines.map((line) => [line.first, line.last])).toEqual([
    [true, false],
    [false, true],
    [true, true],
    [true, true],
    [true, true],
  ])
})

test('activity lines in a row become one line', () => {
  const activity = () => aMessage({ messageType: 'activity', sender: null })
  expect(kinds(linesOf([activity(), activity(), activity(), aMessage()], [], null))).toEqual(['day', 'activity', 'message'])
})

test('what was written is shown until its message is there, at the same key', () => {
  const written: Written = {
    clientId: 'c1',
    conversationId: 'x',
    content: 'Hello',
    private: false,
    createdAt: instant(5),
    state: 'sending',
    reason: null, seen: null, arrived: [], next: null,
    files: [],
    progress: 0,
  }
  const before = linesOf([aMessage()], [written], null)
  const after = linesOf([aMessage(), aMessage({ clientId: 'c1', createdAt: instant(5) })], [written], null)
  expect(kinds(before)).toEqual(['day', 'message', 'written'])
  expect(kinds(after)).toEqual(['day', 'message', 'message'])
  expect(after.at(-1)?.key).toBe(before.at(-1)?.key)
})

test('the line before what is new stands at the first message of the customer that no agent has seen', () => {
  const messages = [
    aMessage({ createdAt: instant(1) }),
    aMessage({ createdAt: instant(2), messageType: 'outgoing' }),
    aMessage({ createdAt: instant(3) }),
    aMessage({ createdAt: instant(4) }),
  ]
  const first = (count: number, seenUntil?: string | null) => firstUnread(messages, { count, seenUntil })
  // The count is of a few at most.
  expect(first(1, instant(1))).toBe(messages[2]?.id)
  expect(first(1, instant(0))).toBe(messages[0]?.id)
  expect(first(1, null)).toBe(messages[0]?.id)
  expect(first(0, instant(1))).toBeNull()
  // As long as the API does not say since when.
  expect(first(2)).toBe(messages[2]?.id)
  expect(first(9)).toBe(messages[0]?.id)
  expect(first(0)).toBeNull()
})

test('what is unread as either of two looks has it goes back to the earlier time, if that is known', () => {
  const since = (a: string | null | undefined, b: string | null | undefined) =>
    eitherUnread({ count: 2, seenUntil: a }, { count: 0, seenUntil: b })
  expect(since(instant(1), instant(2))).toEqual({ count: 2, seenUntil: instant(1) })
  expect(since(instant(2), instant(1))).toEqual({ count: 2, seenUntil: instant(1) })
  expect(since(null, instant(1)).seenUntil).toBeNull()
  expect(since(instant(1), null).seenUntil).toBeNull()
  expect(since(undefined, instant(1)).seenUntil).toBe(instant(1))
  expect(since(instant(1), undefined).seenUntil).toBe(instant(1))
})

test('of two looks at different times all is counted, of two at the same the later', () => {
  const counted = (b: string) => eitherUnread({ count: 2, seenUntil: instant(1) }, { count: 3, seenUntil: b }).count
  expect(counted(instant(1))).toBe(3)
  expect(counted(instant(2))).toBe(5)
})

test('what waits for approval comes after what was said, the newest last', () => {
  const [newer, older] = [anApproval(), anApproval()]
  const lines = linesOf([aMessage()], [], null, [newer, older])
  expect(kinds(lines)).toEqual(['day', 'message', 'proposed', 'proposed'])
  expect(lines.at(-1)?.key).toBe(newer.id)
})
