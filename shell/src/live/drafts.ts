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
import { createStore, useStore } from '../base/store.ts'

import { wait } from './backoff.ts'
import { type Draft, onStoredDraft, storeDraft, storedDrafts } from './draftsStored.ts'

export type DraftKind = 'reply' | 'note'
const KINDS: readonly DraftKind[] = ['reply', 'note']

/** So long after the first of some words they are sent on. Milliseconds. */
const PAUSE = 1_000
/** What was read this lately is not read again, nor, by somebody who is about to write, this lately. Milliseconds. */
const FRESH = 10_000
const FRESHEST = 2_000
/** So many texts that the API had of one draft are remembered. */
const MOST_KNOWN = 10
const PAGE = 100
/** Nobody has more drafts than that on their mind. */
const MOST_PAGES = 5

const drafts = createStore<ReadonlyMap<string, Draft>>(new Map())
const kinds = createStore<ReadonlyMap<string, DraftKind>>(new Map())
const timers = new Map<string, ReturnType<typeof setTimeout>>()
const saving = new Set<string>()
const failures = new Map<string, number>()
/** For each reading that is on its way: what was saved since it began. */
const readings = new Set<Set<string>>()
/** What the API had of a draft, or was told from here, the newest last: none of that is news. */
const known = new Map<string, readonly string[]>()
/** What came from elsewhere while somebody writes here: it waits for them to leave the field. */
const aside = new Map<string, string>()
/** The draft in the field that has the focus, and whether somebody has typed there since. */
let held: string | null = null
let typed = false
let readAt = -Infinity

const keyOf = (conversationId: string, kind: DraftKind) => `${conversationId}.${kind}`
const textOf = (key: string) => drafts.get().get(key)?.text ?? ''
const both = (text: string, there: string) => (there.trim() === '' ? text : `${text}\n\n${there}`)
const isWriting = (key: string) => held === key && typed && textOf(key) !== ''

/** Takes up what an earlier page left, and what other browsers have kept. */
export function startDrafts(): () => void {
  for (const timer of timers.values()) clearTimeout(timer)
  timers.clear()
  failures.clear()
  readAt = -Infinity
  held = null
  known.clear()
  aside.clear()
  drafts.set(storedDrafts())
  for (const [key, { text, base }] of drafts.get()) {
    if (base !== undefined) remember(key, base)
    remember(key, text)
  }
  const online = () => {
    flush()
    void readDrafts()
  }
  const left = () => {
    for (const key of [...aside.keys()]) join(key)
    flush(true)
  }
  const looked = () => {
    if (document.visibilityState === 'visible') void readDrafts()
    else flush()
  }
  const focused = () => void readDrafts(FRESHEST)
  const unwatch = onStoredDraft(mirror)
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
  }
}

export function setDraft(conversationId: string, kind: DraftKind, text: string): void {
  const key = keyOf(conversationId, kind)
  if (textOf(key) === text) return
  if (held === key) typed = true
  write(key, text)
}

function write(key: string, text: string): void {
  put(key, { text, kept: false })
  if (text === '') void save(key)
  else if (!timers.has(key)) plan(key, PAUSE)
}

/** Puts a text before what is there already. */
export function prependDraft(conversationId: string, kind: DraftKind, text: string): void {
  setDraft(conversationId, kind, both(text, draftOf(conversationId, kind)))
}

export function draftOf(conversationId: string, kind: DraftKind): string {
  return textOf(keyOf(conversationId, kind))
}

/** Whether something is begun there, of either kind. */
export function hasBegun(conversationId: string): boolean {
  return KINDS.some((kind) => draftOf(conversationId, kind).trim() !== '')
}

/** Whether the field that has the focus is that of this conversation. */
export function isHeld(conversationId: string): boolean {
  return KINDS.some((kind) => held === keyOf(conversationId, kind))
}

export function useDraft(conversationId: string, kind: DraftKind): string {
  return useStore(drafts, () => draftOf(conversationId, kind))
}

/** The draft that a list shows, a reply before a note. */
export function useDraftPreview(conversationId: string): string {
  const reply = useDraft(conversationId, 'reply')
  const note = useDraft(conversationId, 'note')
  return reply.trim() || note.trim()
}

/** What is being written in a conversation: it stays so however its screen is laid out. */
export function useKind(conversationId: string): DraftKind {
  return useStore(kinds, (now) => now.get(conversationId) ?? 'reply')
}

export function setKind(conversationId: string, kind: DraftKind): void {
  const next = new Map(kinds.get())
  if (kind === 'note') next.set(conversationId, kind)
  else next.delete(conversationId)
  kinds.set(next)
}

/** Somebody is in the field of this draft: from their first word on, what it says is not changed under their hands. */
export function holdDraft(conversationId: string, kind: DraftKind): void {
  held = keyOf(conversationId, kind)
  typed = false
  void readDrafts(FRESHEST)
}

export function releaseDraft(conversationId: string, kind: DraftKind): void {
  const key = keyOf(conversationId, kind)
  if (held === key) held = null
  join(key)
  void save(key)
}

/** Reads what the person has begun elsewhere, unless that was done a moment ago. */
export async function readDrafts(fresh = FRESH): Promise<void> {
  if (!may() || Date.now() - readAt < fresh) return
  readAt = Date.now()
  const since = new Set<string>()
  readings.add(since)
  try {
    const found = new Map<string, string>()
    let all = false
    for (let page = 1; page <= MOST_PAGES && !all; page += 1) {
      const { data } = await answerOf(client.GET('/api/v1/drafts', { params: { query: { page, limit: PAGE } } }))
      for (const one of data) found.set(keyOf(one.conversationId, one.private ? 'note' : 'reply'), one.content)
      all = data.length < PAGE
    }
    take(found, all, since)
  } catch {
    // Then what is known here is all there is, until it is asked for again.
    readAt = -Infinity
  } finally {
    readings.delete(since)
  }
}

function take(found: ReadonlyMap<string, string>, all: boolean, since: ReadonlySet<string>): void {
  for (const key of new Set([...found.keys(), ...drafts.get().keys()])) {
    const text = found.get(key) ?? (all ? '' : undefined)
    const here = drafts.get().get(key)
    if (text === undefined || here?.theirs) continue
    const overtaken = since.has(key) || saving.has(key)
    hear(key, text, here?.kept === false || overtaken)
  }
}

/** A draft as it is elsewhere; whether it is another one here by now, and that not known there. */
function hear(key: string, text: string, changed: boolean): void {
  const here = textOf(key)
  const news = !known.get(key)?.includes(text)
  remember(key, text)
  if (text === here) return
  if (!changed && !isWriting(key)) put(key, { text, kept: true })
  else if (news && text !== '') {
    aside.set(key, text)
    if (!isWriting(key)) join(key)
  }
}

/** Puts what came from elsewhere before what was written here. */
function join(key: string): void {
  const text = aside.get(key)
  aside.delete(key)
  const here = textOf(key)
  if (text !== undefined && !here.includes(text)) write(key, text.includes(here) ? text : both(text, here))
}

/** Another tab has changed a draft: it had what this one has, so that is in it, unless somebody writes here. */
function mirror(key: string, draft: Draft | null): void {
  const now = draft ?? { text: '', kept: true }
  // What was read before that is late.
  touch(key)
  if (isWriting(key)) {
    hear(key, now.text, true)
    return
  }
  remember(key, now.text)
  clearTimeout(timers.get(key))
  timers.delete(key)
  show(key, now.kept ? now : { ...now, theirs: true })
}

function remember(key: string, text: string): void {
  const others = (known.get(key) ?? []).filter((one) => one !== text)
  known.set(key, [...others, text].slice(-MOST_KNOWN))
}

function plan(key: string, wait: number): void {
  clearTimeout(timers.get(key))
  timers.set(
    key,
    setTimeout(() => void save(key), wait),
  )
}

/** Sends on everything that the API does not have; the page may be about to go. */
function flush(goes = false): void {
  for (const [key, draft] of drafts.get()) if (!draft.kept) void save(key, goes)
}

async function save(key: string, goes = false): Promise<void> {
  const draft = drafts.get().get(key)
  if (!draft || draft.kept || draft.theirs || saving.has(key) || !navigator.onLine || !may()) return
  clearTimeout(timers.get(key))
  timers.delete(key)
  saving.add(key)
  remember(key, draft.text)
  let again: number | null = PAUSE
  try {
    await tell(key, draft.text, goes || document.visibilityState === 'hidden')
    failures.delete(key)
    touch(key)
    if (drafts.get().get(key) === draft) put(key, { ...draft, kept: true })
  } catch (error) {
    const count = (failures.get(key) ?? 0) + 1
    failures.set(key, count)
    // What the API will not have stays here.
    const failure = Failure.from(error)
    again = failure.passing ? wait(count, failure) : null
  } finally {
    saving.delete(key)
  }
  const now = drafts.get().get(key)
  if (now?.kept === false && (again !== null || now !== draft)) plan(key, again ?? PAUSE)
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

function touch(key: string): void {
  for (const since of readings) since.add(key)
}

function put(key: string, { text, kept }: Draft): void {
  const before = drafts.get().get(key)
  const base = before?.kept ? before.text : before?.base
  const draft = { text, kept, ...(!kept && base !== undefined && { base }) }
  storeDraft(key, show(key, draft) ? draft : null)
}

/** Says whether it is still one. */
function show(key: string, draft: Draft): boolean {
  const next = new Map(drafts.get())
  const stays = draft.text !== '' || !draft.kept
  if (stays) next.set(key, draft)
  else next.delete(key)
  drafts.set(next)
  return stays
}
