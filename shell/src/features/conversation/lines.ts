/** The lines of a thread: days, runs of one sender, folded activity. */
import { compareInstants } from '#api/instant.ts'
import type { Approval, Conversation, Message } from '#api/types.ts'
import type { Written } from '#live/written.ts'
import { sameDay } from '#ui/time.ts'

export type Line =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'new'; key: string }
  | { kind: 'activity'; key: string; messages: Message[] }
  | { kind: 'message'; key: string; message: Message; first: boolean; last: boolean }
  | { kind: 'proposed'; key: string; approval: Approval }
  | { kind: 'written'; key: string; written: Written; first: boolean }

/** A longer pause between messages of one sender starts a new run. Milliseconds. */
const RUN = 5 * 60_000
/** This many lines of activity in a row are folded into one. */
export const FOLD = 3

/** Identifies the person who is shown as the writer. */
function writer(message: Message): string {
  const { messageType, private: isPrivate, author, sender } = message
  return `${messageType} ${isPrivate} ${author ? `${author.type} ${author.id ?? ''}` : `${sender?.type ?? ''} ${sender?.name ?? ''}`}`
}

function together(a: Message | undefined, b: Message | undefined): boolean {
  if (!a || !b || b.messageType === 'activity' || writer(a) !== writer(b)) return false
  if (!sameDay(a.createdAt, b.createdAt)) return false
  return Date.parse(b.createdAt) - Date.parse(a.createdAt) < RUN
}

export function linesOf(
  messages: readonly Message[],
  written: readonly Written[],
  firstUnread: string | null,
  proposed: readonly Approval[] = [],
): Line[] {
  const lines: Line[] = []
  let before: string | null = null
  for (const [index, message] of messages.entries()) {
    const newDay = before === null || !sameDay(before, message.createdAt)
    before = message.createdAt
    if (newDay) lines.push({ kind: 'day', key: `day ${message.createdAt.slice(0, 10)} ${message.id}`, at: message.createdAt })
    if (message.id === firstUnread) lines.push({ kind: 'new', key: 'new' })
    const last = lines.at(-1)
    if (message.messageType === 'activity') {
      if (last?.kind === 'activity') last.messages.push(message)
      else lines.push({ kind: 'activity', key: message.id, messages: [message] })
      continue
    }
    lines.push({
      kind: 'message',
      key: message.clientId ?? message.id,
      message,
      first: last?.kind !== 'message' || !together(messages[index - 1], message),
      last: !together(message, messages[index + 1]),
    })
  }
  // Proposed replies are not sent yet, so they come after all messages, the newest last.
  for (const approval of proposed.toReversed()) lines.push({ kind: 'proposed', key: approval.id, approval })
  // Messages that the API already has are shown as it has them.
  const arrived = new Set(messages.map((message) => message.clientId))
  const waiting = written.filter((one) => !arrived.has(one.clientId))
  for (const [index, one] of waiting.entries()) {
    if (before === null || !sameDay(before, one.createdAt)) {
      lines.push({ kind: 'day', key: `day ${one.clientId}`, at: one.createdAt })
    }
    before = one.createdAt
    lines.push({
      kind: 'written',
      key: one.clientId,
      written: one,
      first: index === 0 || waiting[index - 1]?.private !== one.private,
    })
  }
  return lines
}

/**
 * The customer's unread messages: their number, as far as the API counts, and until when agents have seen them;
 * undefined if the API did not say.
 */
export interface Unread {
  count: number
  seenUntil: string | null | undefined
}

export const ALL_SEEN: Unread = { count: 0, seenUntil: undefined }

export function unreadOf({ unreadCount, seenUntil }: Conversation): Unread {
  return { count: unreadCount, seenUntil }
}

/** Everything that is unread according to one of two states. */
export function eitherUnread(a: Unread, b: Unread): Unread {
  const earlier = a.seenUntil && b.seenUntil && compareInstants(b.seenUntil, a.seenUntil) < 0 ? b : a
  const known = a.seenUntil === undefined || b.seenUntil === null ? b : earlier
  // Of two times, some messages may be counted twice, and none is left out.
  const count = a.seenUntil === b.seenUntil ? Math.max(a.count, b.count) : a.count + b.count
  return { count, seenUntil: known.seenUntil }
}

const said = ({ messageType }: Message) => messageType === 'incoming'

/** The first loaded message of the customer that no agent has seen. */
export function firstUnread(messages: readonly Message[], { count, seenUntil }: Unread): string | null {
  if (count <= 0) return null
  const incoming = messages.filter(said)
  if (seenUntil === undefined) return incoming.at(-Math.min(count, incoming.length))?.id ?? null
  return incoming.find(({ createdAt }) => seenUntil === null || compareInstants(createdAt, seenUntil) > 0)?.id ?? null
}

/** The API counts unread messages up to this number. */
const COUNTS = 10

/**
 * Whether all unread messages are certainly loaded, of a thread that has more; or, if none are unread, whether any
 * message is. The API only counts a few, so beyond that only the time of the last seen message tells.
 */
export function reaches(messages: readonly Message[], { count, seenUntil }: Unread): boolean {
  if (count <= 0) return messages.some((message) => message.messageType !== 'activity')
  if ((seenUntil === undefined || count < COUNTS) && messages.filter(said).length >= count) return true
  return seenUntil != null && messages.some(({ createdAt }) => compareInstants(createdAt, seenUntil) <= 0)
}

/** The loaded messages of the customer that may be unread; all of them, if none is said to be. */
export function unseen(messages: readonly Message[], { count, seenUntil }: Unread): string[] {
  const incoming = messages.filter(said)
  if (count <= 0) return incoming.map(({ id }) => id)
  if (seenUntil === undefined) return incoming.slice(-count).map(({ id }) => id)
  // One that came late may be of the same second.
  const from = seenUntil === null ? -Infinity : Math.floor(Date.parse(seenUntil) / 1_000) * 1_000
  return incoming.filter(({ createdAt }) => Date.parse(createdAt) >= from).map(({ id }) => id)
}
