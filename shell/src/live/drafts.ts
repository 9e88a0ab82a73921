/**
 * Drafts: one per conversation and kind.
 *
 * What is typed is saved at once, in local storage too, which tells the person's other tabs. It reaches the API a
 * little later, and with that their other browsers. A draft from elsewhere replaces the one here, unless that has
 * changed since the API last had it, and never while somebody is typing. If both have changed, both stay, one below the
 * other; so what could not be sent at once is sent only after the API was asked what it has by now. A late answer is not a change: texts that were recently sent to the API are remembered to recognise it.
 */
import { answerOf, client, doneOf } from '../api/client.ts'
import { Failure } from '../api/failure.ts'
import { session } from '../auth/session.ts'
import { createStore } from '../base/store.ts'

import { wait } from './backoff.ts'
import { type Draft, isBegun, onStoredDraft, storeDraft, storedDrafts } from './draftsStored.ts'
import { type DraftKind, KINDS } from './kind.ts'

/** How long after the first keystroke a draft is sent to the API. Milliseconds. */
const PAUSE = 1_000
/** How long loaded drafts count as fresh, and how long for somebody who is about to write. Milliseconds. */
const FRESH = 10_000
const FRESHEST = 2_000
/** How many earlier texts of a draft are remembered. */
const MOST_KNOWN = 10
/** How many of these a later page gets to know. */
const MOST_LEFT = 3
/** How long another tab may take to send on a draft before this one does: longer than it waits between two tries. */
const LAPSE = 45_000
const PAGE = 100
/** Nobody keeps more drafts in mind than these pages hold. */
const MOST_PAGES = 5

const keyOf = (conversationId: string, kind: DraftKind) => `${conversationId}.${kind}`
const both = (text: string, there: string) => (isBegun(there) ? `${text}\n\n${there}` : text)

export class Drafts {
  /** By conversation and kind. */
  readonly all = createStore<ReadonlyMap<string, Draft>>(new Map())
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()
  /** When this tab sends the drafts of another one that seems to be gone. */
  readonly #lapses = new Map<string, ReturnType<typeof setTimeout>>()
  readonly #saving = new Set<string>()
  readonly #failures = new Map<string, number>()
  /** Drafts that somebody may have gone on with elsewhere before the API got the one from here. */
  readonly #doubted = new Set<string>()
  #asks = false
  /** For each load that is under way: the drafts saved since it began. */
  readonly #readings = new Set<Set<string>>()
  /** Texts of a draft that the API had or was sent, the newest last: these are not changes from elsewhere. */
  readonly #known = new Map<string, readonly string[]>()
  /** Texts that came from elsewhere while somebody is typing here: they wait until the field is left. */
  readonly #aside = new Map<string, string>()
  /** The draft in the focused field, and whether somebody has typed there since. */
  #held: string | null = null
  #typed = false
  #readAt = -Infinity
  /** Drafts that the last load did not find. */
  #missed: ReadonlySet<string> = new Set()

  /** Restores what an earlier page left, and loads what other browsers have saved. */
  start(): () => void {
    this.all.set(storedDrafts())
    for (const [key, draft] of this.all.get()) {
      if (!draft.kept) this.#doubted.add(key)
      this.#learn(key, draft)
      this.#remember(key, draft.text)
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
      for (const timer of [...this.#timers.values(), ...this.#lapses.values()]) clearTimeout(timer)
      this.#timers.clear()
      this.#lapses.clear()
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

  /** Puts a text before the existing one. */
  prepend(conversationId: string, kind: DraftKind, text: string): void {
    this.set(conversationId, kind, both(text, this.of(conversationId, kind)))
  }

  of(conversationId: string, kind: DraftKind): string {
    return this.#textOf(keyOf(conversationId, kind))
  }

  /** Whether there is a draft of either kind. */
  hasBegun(conversationId: string): boolean {
    return KINDS.some((kind) => isBegun(this.of(conversationId, kind)))
  }

  /** Whether the focused field belongs to this conversation. */
  isHeld(conversationId: string): boolean {
    return KINDS.some((kind) => this.#held === keyOf(conversationId, kind))
  }

  /** The field of this draft has the focus: from the first keystroke on, its text is not changed from outside. */
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

  /** The conversation is no longer shown: what is nothing to keep goes. */
  leave(conversationId: string): void {
    for (const kind of KINDS) {
      if (!isBegun(this.of(conversationId, kind))) this.set(conversationId, kind, '')
      this.release(conversationId, kind)
    }
  }

  #textOf(key: string): string {
    return this.all.get().get(key)?.text ?? ''
  }

  #isWriting(key: string): boolean {
    return this.#held === key && this.#typed && this.#textOf(key) !== ''
  }

  /** Loads what the person has written elsewhere, unless that was done a moment ago. */
  async read(fresh = FRESH): Promise<void> {
    if (!may() || Date.now() - this.#readAt < fresh) return
    // Until the next load, keep what is known here.
    await this.#load().catch(() => undefined)
  }

  async #load(): Promise<void> {
    this.#readAt = Date.now()
    const since = new Set<string>()
    this.#readings.add(since)
    try {
      const found = new Map<string, string>()
      let all = false
      let cursor: string | undefined
      let pages = 0
      while (pages < MOST_PAGES && !all) {
        pages += 1
        const query = { limit: PAGE, ...(cursor ? { cursor } : {}) }
        const { data, page } = await answerOf(client.GET('/api/v1/drafts', { params: { query } }))
        for (const one of data) found.set(keyOf(one.conversationId, one.private ? 'note' : 'reply'), one.content)
        cursor = page.nextCursor ?? undefined
        all = !cursor
      }
      this.#take(found, all ? this.#goneFrom(found, pages > 1) : new Set(), since)
    } catch (error) {
      this.#readAt = -Infinity
      throw error
    } finally {
      this.#readings.delete(since)
    }
  }

  /**
   * The drafts of here that the API does not have. A draft may move from one page to another while these are loaded, so
   * of several pages one alone does not tell.
   */
  #goneFrom(found: ReadonlyMap<string, string>, paged: boolean): ReadonlySet<string> {
    const missing = new Set([...this.all.get().keys()].filter((key) => !found.has(key)))
    const before = this.#missed
    this.#missed = missing
    return paged ? new Set([...missing].filter((key) => before.has(key))) : missing
  }

  #take(found: ReadonlyMap<string, string>, gone: ReadonlySet<string>, since: ReadonlySet<string>): void {
    for (const key of [...found.keys(), ...gone]) {
      const text = found.get(key) ?? ''
      const here = this.all.get().get(key)
      if (here?.theirs) continue
      const overtaken = since.has(key) || this.#saving.has(key)
      this.#hear(key, text, here?.kept === false || overtaken)
    }
  }

  /** Takes a draft from elsewhere. `changed` says whether the one here has changed in a way that is not known there. */
  #hear(key: string, text: string, changed: boolean): void {
    const here = this.#textOf(key)
    const news = !this.#known.get(key)?.includes(text)
    this.#remember(key, text)
    if (text === here || (!isBegun(text) && !isBegun(here))) return
    if (!changed && !this.#isWriting(key)) this.#put(key, { text, kept: true })
    else if (news && text !== '') {
      this.#aside.set(key, text)
      if (!this.#isWriting(key)) this.#join(key)
    }
  }

  /** Puts a text from elsewhere before the one written here. */
  #join(key: string): void {
    const text = this.#aside.get(key)
    this.#aside.delete(key)
    const here = this.#textOf(key)
    if (text !== undefined && !here.includes(text)) this.#write(key, text.includes(here) ? text : both(text, here))
  }

  /**
   * Another tab changed a draft. It had this tab's text before, so its text replaces this one, unless somebody is
   * typing here.
   */
  #mirror(key: string, draft: Draft | null): void {
    const now: Draft = draft ?? { text: '', kept: true }
    // What a load that is under way brings is older.
    this.#touch(key)
    this.#learn(key, now)
    if (this.#isWriting(key)) {
      this.#hear(key, now.text, true)
      return
    }
    this.#remember(key, now.text)
    clearTimeout(this.#timers.get(key))
    this.#timers.delete(key)
    clearTimeout(this.#lapses.get(key))
    this.#lapses.delete(key)
    if (now.kept) this.#show(key, now)
    else this.#entrust(key, { ...now, theirs: true })
  }

  /** Leaves a draft to the tab that has it. If that does not say in time that the API has it, it was closed before. */
  #entrust(key: string, draft: Draft): void {
    this.#show(key, draft)
    const lapsed = () => {
      this.#lapses.delete(key)
      if (this.all.get().get(key) !== draft) return
      const { theirs: _gone, ...left } = draft
      this.#show(key, left)
      this.#doubted.add(key)
      void this.#save(key)
    }
    this.#lapses.set(key, setTimeout(lapsed, LAPSE))
  }

  /** Takes over what another page knew of a draft that it left or has. */
  #learn(key: string, { base, known = [] }: Draft): void {
    for (const text of base === undefined ? known : [base, ...known]) this.#remember(key, text)
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

  /** Sends all drafts that the API does not have; `goes` says that the page may be about to close. */
  #flush(goes = false): void {
    for (const [key, draft] of this.all.get()) if (!draft.kept) void this.#save(key, goes)
  }

  async #save(key: string, goes = false): Promise<void> {
    const draft = this.all.get().get(key)
    if (!draft || draft.kept || draft.theirs || this.#saving.has(key) || !may()) return
    clearTimeout(this.#timers.get(key))
    this.#timers.delete(key)
    if (!navigator.onLine) {
      this.#doubted.add(key)
      return
    }
    if (this.#doubted.has(key)) {
      // A page that goes has no time for that. Its draft stays in local storage for the next one.
      if (this.#asks) this.#plan(key, PAUSE)
      else if (!goes) void this.#askFirst()
      return
    }
    this.#saving.add(key)
    this.#remember(key, draft.text)
    let again: number | null = PAUSE
    try {
      await tell(key, draft.text, goes || document.visibilityState === 'hidden')
      this.#failures.delete(key)
      this.#touch(key)
      if (this.all.get().get(key) === draft) this.#put(key, { ...draft, kept: true })
    } catch (error) {
      again = this.#failed(key, error)
    } finally {
      this.#saving.delete(key)
    }
    const now = this.all.get().get(key)
    if (now?.kept === false && (again !== null || now !== draft)) this.#plan(key, again ?? PAUSE)
  }

  /** Returns how long to wait for the next try. A draft that the API refuses stays here. */
  #failed(key: string, error: unknown): number | null {
    const count = (this.#failures.get(key) ?? 0) + 1
    this.#failures.set(key, count)
    const failure = Failure.from(error)
    if (!failure.passing) return null
    this.#doubted.add(key)
    return wait(count, failure)
  }

  /** Sends the drafts in doubt after what the API has by now was joined to them. */
  async #askFirst(): Promise<void> {
    if (this.#asks) return
    this.#asks = true
    const doubted = [...this.#doubted]
    try {
      await this.#load()
      for (const key of doubted) this.#doubted.delete(key)
      for (const key of doubted) void this.#save(key)
    } catch (error) {
      for (const key of doubted) {
        const again = this.#failed(key, error)
        if (again !== null && this.all.get().get(key)?.kept === false) this.#plan(key, again)
      }
    } finally {
      this.#asks = false
    }
  }

  #touch(key: string): void {
    for (const since of this.#readings) since.add(key)
  }

  #put(key: string, { text, kept }: Draft): void {
    const before = this.all.get().get(key)
    const base = before?.kept ? before.text : before?.base
    const draft = { text, kept, ...(!kept && base !== undefined && { base }) }
    this.#show(key, draft)
    // What waits to be put beside it is news to the next page too.
    const known = (this.#known.get(key) ?? []).filter((one) => one !== this.#aside.get(key)).slice(-MOST_LEFT)
    const stored = { ...draft, text: isBegun(text) ? text : '', ...(!kept && { known }) }
    storeDraft(key, isThere(stored) ? stored : null)
  }

  #show(key: string, draft: Draft): void {
    const next = new Map(this.all.get())
    if (isThere(draft)) next.set(key, draft)
    else next.delete(key)
    this.all.set(next)
  }
}

/** Whether there is a draft, or the API does not know yet that there is none. */
function isThere({ text, kept }: Draft): boolean {
  return text !== '' || !kept
}

async function tell(key: string, text: string, keepalive: boolean): Promise<void> {
  const [id = '', kind] = key.split('.')
  const isPrivate = kind === 'note'
  if (!isBegun(text)) {
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
