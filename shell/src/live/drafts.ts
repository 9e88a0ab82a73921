/**
 * What was begun and not sent, one per conversation and kind.
 *
 * What is typed is here at once, and in local storage, where the person's other tabs hear of it; the API has it a little
 * later, and with it their other browsers. What was begun elsewhere takes the place of what is here, but of nothing that
 * was typed since the API had it, and not under the hands of somebody who writes. If both are news, both stay, one
 * below the other. A late answer is no news: what the API was told from here lately is remembered for that.
 */
import { answerOf, client, doneOf } from '../api/client.ts'
import { Failure } from '../api/failure.ts'
import { session } from '../auth/session.ts'
import { createStore } from '../base/store.ts'

import { wait } from './backoff.ts'
import { type Draft, onStoredDraft, storeDraft, storedDrafts } from './draftsStored.ts'
import { type DraftKind, KINDS } from './kind.ts'

/** How long after the first of some words they are sent to the API. Milliseconds. */
const PAUSE = 1_000
/** How long drafts that were read count as fresh, and how long for somebody who is about to write. Milliseconds. */
const FRESH = 10_000
const FRESHEST = 2_000
/** How many texts that the API had of one draft are remembered. */
const MOST_KNOWN = 10
const PAGE = 100
/** Nobody has more drafts than that on their mind. */
const MOST_PAGES = 5

const keyOf = (conversationId: string, kind: DraftKind) => `${conversationId}.${kind}`
const both = (text: string, there: string) => (there.trim() === '' ? text : `${text}\n\n${there}`)

export class Drafts {
  /** By conversation and kind. */
  readonly all = createStore<ReadonlyMap<string, Draft>>(new Map())
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()
  readonly #saving = new Set<string>()
  readonly #failures = new Map<string, number>()
  /** For each reading that is on its way: what was saved since it began. */
  readonly #readings = new Set<Set<string>>()
  /** What the API had of a draft, or was told from here, the newest last: none of that is news. */
  readonly #known = new Map<string, readonly string[]>()
  /** What came from elsewhere while somebody writes here: it waits for them to leave the field. */
  readonly #aside = new Map<string, string>()
  /** The draft in the field that has the focus, and whether somebody has typed there since. */
  #held: string | null = null
  #typed = false
  #readAt = -Infinity

  /** Takes up what an earlier page left, and what other browsers have kept. */
  start(): () => void {
    this.all.set(storedDrafts())
    for (const [key, { text, base }] of this.all.get()) {
      if (base !== undefined) this.#remember(key, base)
      this.#remember(key, text)
    }
    const online = () => {
      this.#flush()
      void this.read()
    }
    const left = () => {
      for (const key of [...this.#aside.keys()]) this.#join(key)
      this.#flush(true)
    }
    const looked = () => {
      if (document.visibilityState === 'visible') void this.read()
      else this.#flush()
    }
    const focused = () => void this.read(FRESHEST)
    const unwatch = onStoredDraft((key, draft) => this.#mirror(key, draft))
    online()
    window.addEventListener('online', online)
    window.addEventListener('pagehide', left)
    window.addEventListener('focus', focused)
    document.addEventListener('visibilitychange', looked)
    return () => {
      unwatch()
      window.removeEventListener('online', online)
      window.removeEventListener('pagehide', left)
      window.removeEventListener('focus', focused)
      document.removeEventListener('visibilitychange', looked)
      for (const timer of this.#timers.values()) clearTimeout(timer)
      this.#timers.clear()
    }
  }

  set(conversationId: string, kind: DraftKind, text: string): void {
    const key = keyOf(conversationId, kind)
    if (this.#textOf(key) === text) return
    if (this.#held === key) this.#typed = true
    this.#write(key, text)
  }

  #write(key: string, text: string): void {
    this.#put(key, { text, kept: false })
    if (text === '') void this.#save(key)
    else if (!this.#timers.has(key)) this.#plan(key, PAUSE)
  }

  /** Puts a text before what is there already. */
  prepend(conversationId: string, kind: DraftKind, text: string): void {
    this.set(conversationId, kind, both(text, this.of(conversationId, kind)))
  }

  of(conversationId: string, kind: DraftKind): string {
    return this.#textOf(keyOf(conversationId, kind))
  }

  /** Whether something is begun there, of either kind. */
  hasBegun(conversationId: string): boolean {
    return KINDS.some((kind) => this.of(conversationId, kind).trim() !== '')
  }

  /** Whether the field that has the focus is that of this conversation. */
  isHeld(conversationId: string): boolean {
    return KINDS.some((kind) => this.#held === keyOf(conversationId, kind))
  }

  /** Somebody is in the field of this draft: from their first word on, what it says is not changed under their hands. */
  hold(conversationId: string, kind: DraftKind): void {
    this.#held = keyOf(conversationId, kind)
    this.#typed = false
    void this.read(FRESHEST)
  }

  release(conversationId: string, kind: DraftKind): void {
    const key = keyOf(conversationId, kind)
    if (this.#held === key) this.#held = null
    this.#join(key)
    void this.#save(key)
  }

  #textOf(key: string): string {
    return this.all.get().get(key)?.text ?? ''
  }

  #isWriting(key: string): boolean {
    return this.#held === key && this.#typed && this.#textOf(key) !== ''
  }

  /** Reads what the person has begun elsewhere, unless that was done a moment ago. */
  async read(fresh = FRESH): Promise<void> {
    if (!may() || Date.now() - this.#readAt < fresh) return
    this.#readAt = Date.now()
    const since = new Set<string>()
    this.#readings.add(since)
    try {
      const found = new Map<string, string>()
      let all = false
      for (let page = 1; page <= MOST_PAGES && !all; page += 1) {
        const { data } = await answerOf(client.GET('/api/v1/drafts', { params: { query: { page, limit: PAGE } } }))
        for (const one of data) found.set(keyOf(one.conversationId, one.private ? 'note' : 'reply'), one.content)
        all = data.length < PAGE
      }
      this.#take(found, all, since)
    } catch {
      // Then what is known here is all there is, until it is asked for again.
      this.#readAt = -Infinity
    } finally {
      this.#readings.delete(since)
    }
  }

  #take(found: ReadonlyMap<string, string>, all: boolean, since: ReadonlySet<string>): void {
    for (const key of new Set([...found.keys(), ...this.all.get().keys()])) {
      const text = found.get(key) ?? (all ? '' : undefined)
      const here = this.all.get().get(key)
      if (text === undefined || here?.theirs) continue
      const overtaken = since.has(key) || this.#saving.has(key)
      this.#hear(key, text, here?.kept === false || overtaken)
    }
  }

  /** A draft as it is elsewhere; whether it is another one here by now, and that not known there. */
  #hear(key: string, text: string, changed: boolean): void {
    const here = this.#textOf(key)
    const news = !this.#known.get(key)?.includes(text)
    this.#remember(key, text)
    if (text === here) return
    if (!changed && !this.#isWriting(key)) this.#put(key, { text, kept: true })
    else if (news && text !== '') {
      this.#aside.set(key, text)
      if (!this.#isWriting(key)) this.#join(key)
    }
  }

  /** Puts what came from elsewhere before what was written here. */
  #join(key: string): void {
    const text = this.#aside.get(key)
    this.#aside.delete(key)
    const here = this.#textOf(key)
    if (text !== undefined && !here.includes(text)) this.#write(key, text.includes(here) ? text : both(text, here))
  }

  /** Another tab has changed a draft: it had what this one has, so that is in it, unless somebody writes here. */
  #mirror(key: string, draft: Draft | null): void {
    const now = draft ?? { text: '', kept: true }
    // What was read before that is late.
    this.#touch(key)
    if (this.#isWriting(key)) {
      this.#hear(key, now.text, true)
      return
    }
    this.#remember(key, now.text)
    clearTimeout(this.#timers.get(key))
    this.#timers.delete(key)
    this.#show(key, now.kept ? now : { ...now, theirs: true })
  }

  #remember(key: string, text: string): void {
    const others = (this.#known.get(key) ?? []).filter((one) => one !== text)
    this.#known.set(key, [...others, text].slice(-MOST_KNOWN))
  }

  #plan(key: string, wait: number): void {
    clearTimeout(this.#timers.get(key))
    this.#timers.set(
      key,
      setTimeout(() => void this.#save(key), wait),
    )
  }

  /** Sends on everything that the API does not have; the page may be about to go. */
  #flush(goes = false): void {
    for (const [key, draft] of this.all.get()) if (!draft.kept) void this.#save(key, goes)
  }

  async #save(key: string, goes = false): Promise<void> {
    const draft = this.all.get().get(key)
    if (!draft || draft.kept || draft.theirs || this.#saving.has(key) || !navigator.onLine || !may()) return
    clearTimeout(this.#timers.get(key))
    this.#timers.delete(key)
    this.#saving.add(key)
    this.#remember(key, draft.text)
    let again: number | null = PAUSE
    try {
      await tell(key, draft.text, goes || document.visibilityState === 'hidden')
      this.#failures.delete(key)
      this.#touch(key)
      if (this.all.get().get(key) === draft) this.#put(key, { ...draft, kept: true })
    } catch (error) {
      const count = (this.#failures.get(key) ?? 0) + 1
      this.#failures.set(key, count)
      // What the API will not have stays here.
      const failure = Failure.from(error)
      again = failure.passing ? wait(count, failure) : null
    } finally {
      this.#saving.delete(key)
    }
    const now = this.all.get().get(key)
    if (now?.kept === false && (again !== null || now !== draft)) this.#plan(key, again ?? PAUSE)
  }

  #touch(key: string): void {
    for (const since of this.#readings) since.add(key)
  }

  #put(key: string, { text, kept }: Draft): void {
    const before = this.all.get().get(key)
    const base = before?.kept ? before.text : before?.base
    const draft = { text, kept, ...(!kept && base !== undefined && { base }) }
    storeDraft(key, this.#show(key, draft) ? draft : null)
  }

  /** Shows a draft. Returns whether there still is one. */
  #show(key: string, draft: Draft): boolean {
    const next = new Map(this.all.get())
    const stays = draft.text !== '' || !draft.kept
    if (stays) next.set(key, draft)
    else next.delete(key)
    this.all.set(next)
    return stays
  }
}

async function tell(key: string, text: string, keepalive: boolean): Promise<void> {
  const [id = '', kind] = key.split('.')
  const isPrivate = kind === 'note'
  if (text.trim() === '') {
    const params = { path: { id }, query: { private: isPrivate } }
    await doneOf(client.DELETE('/api/v1/conversations/{id}/draft', { params, keepalive }))
    return
  }
  const body = { content: text, private: isPrivate }
  await doneOf(client.PUT('/api/v1/conversations/{id}/draft', { params: { path: { id } }, body, keepalive }))
}

function may(): boolean {
  return session().person.may('conversations:reply')
}
