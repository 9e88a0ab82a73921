/** Gives components access to the live state. */
import { createContext, use } from 'react'

import { useStore } from '#base/store.ts'

import type { Drafts } from './drafts.ts'
import { isBegun } from './draftsStored.ts'
import type { DraftKind } from './kind.ts'
import type { Live } from './live.ts'
import type { Outbox } from './outbox.ts'
import { isHeldUp, type Written } from './written.ts'

const LiveContext = createContext<Live | null>(null)
export const LiveProvider = LiveContext.Provider

/** The live state. Throws outside of a `LiveProvider`. */
export function useLive(): Live {
  const live = use(LiveContext)
  if (!live) throw new Error('there is no LiveProvider above')
  return live
}

/** Whether an event said that Chatwoot has deleted it. */
export function useHeardDeleted(conversationId: string): boolean {
  const { deleted } = useLive()
  return useStore(deleted, (ids) => ids.has(conversationId))
}

export function useOutbox(): Outbox {
  return useLive().outbox
}

export function useDrafts(): Drafts {
  return useLive().drafts
}

export function useDraft(conversationId: string, kind: DraftKind): string {
  const drafts = useDrafts()
  return useStore(drafts.all, () => drafts.of(conversationId, kind))
}

/** The draft that a list shows: the reply, or else the note. */
export function useDraftPreview(conversationId: string): string {
  const reply = useDraft(conversationId, 'reply')
  const note = useDraft(conversationId, 'note')
  return [reply.trim(), note.trim()].find(isBegun) ?? ''
}

/** Messages written in this conversation that the API may not have yet. */
export function useWritten(conversationId: string): readonly Written[] {
  const outbox = useOutbox()
  return useStore(outbox.entries, () => outbox.of(conversationId))
}

/** Whether something written in this conversation waits until this person acts. */
export function useHeldUp(conversationId: string): boolean {
  const outbox = useOutbox()
  return useStore(outbox.entries, () => outbox.of(conversationId).some(isHeldUp))
}
