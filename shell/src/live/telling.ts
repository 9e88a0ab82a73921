/**
 * Telling others what this person does in a conversation: colleagues that they look or write, and the
 * customer that somebody types. It matters only now, so what does not get through is not told again.
 */
import { client } from '../api/client.ts'
import { session } from '../auth/session.ts'

/** Typing is reported at most this often. Milliseconds. */
const EVERY = 3_000
/** How long somebody stays before others are told: passing by on the way to another conversation does not count. Milliseconds. */
const STAYS = 300
/** Nobody is waiting for longer until something is told: it would be news of the past. Milliseconds. */
const PATIENCE = 5_000
/** Viewing is reported again after this long, since closing a page may go unreported. Milliseconds. */
const AGAIN = 20_000

interface Typing {
  readonly conversationId: string
  readonly private: boolean
  readonly at: number
}

interface Here {
  readonly conversationId: string
  readonly state: 'viewing' | 'replying'
  /** Others know of it. */
  told: boolean
  readonly timer: ReturnType<typeof setInterval>
}

let typing: Typing | null = null
let here: Here | null = null
let settling: ReturnType<typeof setTimeout> | undefined

/** To be called with each word. */
export function tellTyping(conversationId: string, isPrivate: boolean): void {
  const same = typing?.conversationId === conversationId && typing.private === isPrivate
  if (same && typing && Date.now() - typing.at < EVERY) return
  if (!same) tellStopped()
  typing = { conversationId, private: isPrivate, at: Date.now() }
  postTyping(typing, true)
}

export function tellStopped(): void {
  if (typing) postTyping(typing, false)
  typing = null
}

/** Says so once somebody stays, and again as long as it is so. */
export function tellHere(conversationId: string, state: Here['state']): void {
  const same = here?.conversationId === conversationId
  if (same && here?.state === state) return
  clearInterval(here?.timer)
  clearTimeout(settling)
  here = { conversationId, state, told: same && here?.told === true, timer: setInterval(() => say(conversationId), AGAIN) }
  if (here.told) say(conversationId)
  else settling = setTimeout(() => say(conversationId), STAYS)
}

/** For whoever has come since it was said last. */
export function tellAgain(conversationId: string): void {
  if (here?.told) say(conversationId)
}

export function tellLeft(conversationId: string): void {
  if (here?.conversationId !== conversationId) return
  clearInterval(here.timer)
  clearTimeout(settling)
  const { told } = here
  here = null
  if (told) postPresence(conversationId, 'away')
}

function say(conversationId: string): void {
  if (here?.conversationId !== conversationId || document.visibilityState !== 'visible') return
  here.told = true
  postPresence(conversationId, here.state)
}

function postTyping({ conversationId: id, private: isPrivate }: Typing, on: boolean): void {
  if (!session().person.may('conversations:reply')) return
  const body = { on, private: isPrivate }
  inTurn((signal) => client.POST('/api/v1/conversations/{id}/typing', { params: { path: { id } }, body, signal }))
}

function postPresence(id: string, state: Here['state'] | 'away'): void {
  const params = { path: { id } }
  const keepalive = state === 'away'
  inTurn((signal) => client.POST('/api/v1/conversations/{id}/presence', { params, body: { state }, keepalive, signal }))
}

let before: Promise<unknown> = Promise.resolve()

/** One after the other: of two on their way at once, what is over may arrive last, and stay. */
function inTurn(post: (signal: AbortSignal) => Promise<unknown>): void {
  before = before.then(() => post(AbortSignal.timeout(PATIENCE)).catch(() => undefined))
}
