/**
 * What was begun and not sent, one per conversation and kind.
 *
 * What is typed is here at once, and in local storage; the API has it a little later, and with it the
 * person's other browsers. What the API knows is taken only where nothing was typed here that it does
 * not have, nor since it was asked: a late answer never takes the place of what somebody writes.
 */
import { useSyncExternalStore } from 'react'

import { answerOf, client, doneOf } from '../api/client.ts'
import { Failure } from '../api/failure.ts'
import { session } from '../auth/session.ts'

import { wait } from './backoff.ts'
import { createStore } from './store.ts'

export type DraftKind = 'reply' | 'note'
const KINDS: readonly DraftKind[] = ['reply', 'note']

interface Draft {
  readonly text: string
  /** The API has it just so. */
  readonly kept: boolean
}

/** So long after the first of some words they are sent on. Milliseconds. */
const PAUSE = 1_000
/** What was read this lately is not read again. Milliseconds. */
const FRESH = 10_000
const PAGE = 100
/** Nobody has more drafts than that on their mind. */
const MOST_PAGES = 5

const drafts = createStore<ReadonlyMap<string, Draft>>(new Map())
const kinds = createStore<ReadonlyMap<string, DraftKind>>(new Map())
const timers = new Map<string, ReturnType<typeof setTimeout>>()
const saving = new Set<string>()
const failures = new Map<string, number>()
/** For each reading that is on its way: what was typed or saved since it began. */
const readings = new Set<Set<string>>()
/** The draft in the field that has the focus. */
let held: string | null = null
let readAt = -Infinity

const keyOf = (conversationId: string, kind: DraftKind) => `${conversationId}.${kind}`
const textOf = (key: string) => drafts.get().get(key)?.text ?? ''
const prefix = () => `axis.draft.${session().person.id}.`

/** Takes up what an earlier page left, and what other browsers have kept. */
export function startDrafts(): () => void {
  for (const timer of timers.values()) clearTimeout(timer)
  timers.clear()
  failures.clear()
  readAt = -Infinity
  drafts.set(stored())
  const online = () => {
    flush()
    void readDrafts()
  }
  const left = () => flush(true)
  const looked = () => {
    if (document.visibilityState === 'visible') void readDrafts()
    else flush()
  }
  online()
  window.addEventListener('online', online)
  window.addEventListener('pagehide', left)
  document.addEventListener('visibilitychange', looked)
  return () => {
    window.removeEventListener('online', online)
    window.removeEventListener('pagehide', left)
    document.removeEventListener('visibilitychange', looked)
  }
}

export function setDraft(conversationId: string, kind: DraftKind, text: string): void {
  const key = keyOf(conversationId, kind)
  if (textOf(key) === text) return
  touch(key)
  put(key, { text, kept: false })
  if (text === '') void save(key)
  else if (!timers.has(key)) plan(key, PAUSE)
}

/** Puts a text before what is there already. */
export function prependDraft(conversationId: string, kind: DraftKind, text: string): void {
  const there = textOf(keyOf(conversationId, kind))
  setDraft(conversationId, kind, there.trim() === '' ? text : `${text}\n\n${there}`)
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
  return useSyncExternalStore(drafts.subscribe, () => draftOf(conversationId, kind))
}

/** The draft that a list shows, a reply before a note. */
export function useDraftPreview(conversationId: string): string {
  const reply = useDraft(conversationId, 'reply')
  const note = useDraft(conversationId, 'note')
  return reply.trim() || note.trim()
}

/** What is being written in a conversation: it stays so however its screen is laid out. */
export function useKind(conversationId: string): DraftKind {
  return useSyncExternalStore(kinds.subscribe, () => kinds.get().get(conversationId) ?? 'reply')
}

export function setKind(conversationId: string, kind: DraftKind): void {
  const next = new Map(kinds.get())
  if (kind === 'note') next.set(conversationId, kind)
  else next.delete(conversationId)
  kinds.set(next)
}

/** Somebody is in the field of this draft: what it says is not changed under their hands. */
export function holdDraft(conversationId: string, kind: DraftKind): void {
  held = keyOf(conversationId, kind)
}

export function releaseDraft(conversationId: string, kind: DraftKind): void {
  const key = keyOf(conversationId, kind)
  if (held === key) held = null
  void save(key)
}

/** Reads what the person has begun elsewhere, unless that was done a moment ago. */
export async function readDrafts(): Promise<void> {
  if (!may() || Date.now() - readAt < FRESH) return
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
    const here = drafts.get().get(key)
    const busy = since.has(key) || here?.kept === false || (held === key && textOf(key) !== '')
    const text = found.get(key)
    if (busy || (text === undefined && !all)) continue
    if (text !== here?.text) put(key, { text: text ?? '', kept: true })
  }
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
  if (!draft || draft.kept || saving.has(key) || !navigator.onLine || !may()) return
  clearTimeout(timers.get(key))
  timers.delete(key)
  saving.add(key)
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

function put(key: string, draft: Draft): void {
  const next = new Map(drafts.get())
  const gone = draft.text === '' && draft.kept
  if (gone) next.delete(key)
  else next.set(key, draft)
  drafts.set(next)
  try {
    if (gone) localStorage.removeItem(prefix() + key)
    else localStorage.setItem(prefix() + key, JSON.stringify(draft))
  } catch {
    // Full or switched off: drafts live as long as the page, and with the API.
  }
}

function stored(): Map<string, Draft> {
  const found = new Map<string, Draft>()
  try {
    for (const name of Object.keys(localStorage)) {
      const key = name.startsWith(prefix()) ? name.slice(prefix().length) : ''
      if (!/^[\da-f-]{36}\.(reply|note)$/.test(key)) continue
      const { text, kept } = JSON.parse(localStorage.getItem(name) ?? '{}') as Partial<Draft>
      if (typeof text === 'string') found.set(key, { text, kept: kept === true })
    }
  } catch {
    // Switched off, or not to be read: the API knows.
  }
  return found
}
