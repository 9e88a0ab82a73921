/** What was begun and not sent, one per conversation and kind, on this machine. */
import { useSyncExternalStore } from 'react'

import { createStore } from './store.ts'

const PREFIX = 'axis.draft.'

export type DraftKind = 'reply' | 'note'

const drafts = createStore<ReadonlyMap<string, string>>(stored())

function stored(): Map<string, string> {
  const found = new Map<string, string>()
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX)) found.set(key.slice(PREFIX.length), localStorage.getItem(key) ?? '')
    }
  } catch {
    // Switched off: drafts live as long as the page.
  }
  return found
}

export function setDraft(conversationId: string, kind: DraftKind, text: string): void {
  const key = `${conversationId}.${kind}`
  const next = new Map(drafts.get())
  if (text === '') next.delete(key)
  else next.set(key, text)
  drafts.set(next)
  try {
    if (text === '') localStorage.removeItem(PREFIX + key)
    else localStorage.setItem(PREFIX + key, text)
  } catch {
    // As above.
  }
}

/** Puts a text before what is there already. */
export function prependDraft(conversationId: string, kind: DraftKind, text: string): void {
  const there = drafts.get().get(`${conversationId}.${kind}`) ?? ''
  setDraft(conversationId, kind, there.trim() === '' ? text : `${text}\n\n${there}`)
}

export function useDraft(conversationId: string, kind: DraftKind): string {
  return useSyncExternalStore(drafts.subscribe, () => drafts.get().get(`${conversationId}.${kind}`) ?? '')
}

/** The draft that a list shows, a reply before a note. */
export function useDraftPreview(conversationId: string): string {
  const reply = useDraft(conversationId, 'reply')
  const note = useDraft(conversationId, 'note')
  return reply.trim() || note.trim()
}
