/** A thread as it is drawn: days, runs of one sender, folded activity. */
import type { Approval, Message } from '#api/types.ts'
import type { Written } from '#live/written.ts'
import { sameDay } from '#ui/time.ts'

export type Line =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'new'; key: string }
  | { kind: 'activity'; key: string; messages: Message[] }
  | { kind: 'message'; key: string; message: Message; first: boolean; last: boolean }
  | { kind: 'proposed'; key: string; approval: Approval }
  | { kind: 'written'; key: string; written: Written; first: boolean }

/** Longer pauses within one sender's messages begin a new run. */
const RUN = 5 * 60_000
/** So many lines of activity in a row are folded into one. */
export const FOLD = 3

/** Who is seen as its writer. */
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
  // What waits for approval is not said yet: it comes after all that is, the newest last.
  for (const approval of proposed.toReversed()) lines.push({ kind: 'proposed', key: approval.id, approval })
  // What the API has already is shown as the API has it.
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

/** The first of the last `unread` messages of the customer. */
export function firstUnread(messages: readonly Message[], unread: number): string | null {
  if (unread <= 0) return null
  const incoming = messages.filter((message) => message.messageType === 'incoming')
  return incoming.at(-Math.min(unread, incoming.length))?.id ?? null
}

/** Whether the last `unread` messages of the customer are all here; if none is unread, whether anything is that was said. */
export function reaches(messages: readonly Message[], unread: number): boolean {
  if (unread <= 0) return messages.some((message) => message.messageType !== 'activity')
  return messages.filter((message) => message.messageType === 'incoming').length >= unread
}
