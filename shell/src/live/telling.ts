/**
 * Tells others what this person is doing in a conversation: colleagues that they are viewing or replying, and the
 * customer that somebody is typing. It matters only now, so what fails is not sent again.
 */
import { client } from '../api/client.ts'
import { session } from '../auth/session.ts'

/** The shortest interval at which typing is reported. Milliseconds. */
const EVERY = 3_000
/**
 * How long somebody has to stay before others are told: passing by on the way to another conversation does not count.
 * Milliseconds.
 */
const STAYS = 300
/** The longest time to wait for an answer: later it would be out of date. Milliseconds. */
const PATIENCE = 5_000
/** The interval at which viewing is reported again, because closing a page may go unreported. Milliseconds. */
const AGAIN = 20_000

interface Typing {
  readonly conversationId: string
  readonly private: boolean
  readonly at: number
}

interface Here {
  readonly conversationId: string
  readonly state: 'viewing' | 'replying'
  /** Others know about it. */
  told: boolean
  readonly timer: ReturnType<typeof setInterval>
}

let typing: Typing | null = null
let here: Here | null = null
let settling: ReturnType<typeof setTimeout> | undefined

/** Call it with each keystroke. */
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

/** Reports that somebody is here once they stay, and repeats it for as long as they do. */
export function tellHere(conversationId: string, state: Here['state']): void {
  const same = here?.conversationId === conversationId
  if (same && here?.state === state) return
  clearInterval(here?.timer)
  clearTimeout(settling)
  here = { conversationId, state, told: same && here?.told === true, timer: setInterval(() => say(conversationId), AGAIN) }
  if (here.told) say(conversationId)
  else settling = setTimeout(() => say(conversationId), STAYS)
}

/** For somebody who has come since the last report. */
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

// Others may have forgotten who looked away; and who opened a conversation in a tab that nobody sees is there only now.
document.addEventListener('visibilitychange', () => {
  if (!here || document.visibilityState !== 'visible') return
  const { conversationId, told } = here
  clearTimeout(settling)
  if (told) say(conversationId)
  else settling = setTimeout(() => say(conversationId), STAYS)
})

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

/** One after another: of two requests at once, the older might arrive last, and stay. */
function inTurn(post: (signal: AbortSignal) => Promise<unknown>): void {
  before = before.then(() => post(AbortSignal.timeout(PATIENCE)).catch(() => undefined))
}
