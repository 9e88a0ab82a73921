/**
 * Files that were chosen and not sent, one set per conversation and kind, as long as the page lives. Leaving the page
 * before they are sent asks for confirmation.
 */
import { randomUuid } from '../base/randomUuid.ts'
import { createStore, useStore } from '../base/store.ts'

import type { DraftKind } from './kind.ts'

export interface Chosen {
  readonly id: string
  readonly file: File
}

/** The API's limits. */
export const MOST_FILES = 15
export const LARGEST = 40 * 1024 * 1024
export const LARGEST_TOGETHER = 100 * 1024 * 1024
const LONGEST_NAME = 255

const NONE: readonly Chosen[] = []
const chosen = createStore<ReadonlyMap<string, readonly Chosen[]>>(new Map())

const keyOf = (conversationId: string, kind: DraftKind) => `${conversationId}.${kind}`

function put(key: string, files: readonly Chosen[]): void {
  const next = new Map(chosen.get())
  if (files.length > 0) next.set(key, files)
  else next.delete(key)
  chosen.set(next)
  // Only while there are files: browsers do not keep a page with this listener for the back button.
  if (next.size > 0) window.addEventListener('beforeunload', ask)
  else window.removeEventListener('beforeunload', ask)
}

const ask = (event: BeforeUnloadEvent) => event.preventDefault()

/** Whether files are chosen anywhere. */
export function useAnyChosen(): boolean {
  return useStore(chosen, ({ size }) => size > 0)
}

export function useChosen(conversationId: string, kind: DraftKind): readonly Chosen[] {
  return useStore(chosen, (files) => files.get(keyOf(conversationId, kind)) ?? NONE)
}

/** Whether files are chosen for this conversation, of either kind. */
export function hasChosen(conversationId: string): boolean {
  return [...chosen.get().keys()].some((key) => key.startsWith(`${conversationId}.`))
}

/** Adds the files that may be sent. Returns in words why others may not. */
export function chooseFiles(conversationId: string, kind: DraftKind, files: Iterable<File>): string[] {
  const key = keyOf(conversationId, kind)
  const { next, refused } = weighed(key, files)
  put(key, next)
  return refused
}

/** Says in words why files could not be added. */
export function refusalsOf(conversationId: string, kind: DraftKind, files: Iterable<File>): string[] {
  return weighed(keyOf(conversationId, kind), files).refused
}

function weighed(key: string, files: Iterable<File>) {
  const next = [...(chosen.get().get(key) ?? NONE)]
  const refused: string[] = []
  for (const file of files) {
    const why = refusal(file, next)
    if (why) refused.push(why)
    else next.push({ id: randomUuid(), file })
  }
  return { next, refused }
}

function refusal(file: File, others: readonly Chosen[]): string | null {
  const together = others.reduce((sum, one) => sum + one.file.size, file.size)
  if (others.length >= MOST_FILES) return `“${file.name}” was not added: a message can have at most ${MOST_FILES} files`
  if (file.size === 0) return `“${file.name}” is empty`
  if (file.size > LARGEST) return `“${file.name}” is larger than 40 MB`
  if (together > LARGEST_TOGETHER) return `“${file.name}” was not added: the files of a message can have at most 100 MB together`
  if (file.name.length > LONGEST_NAME) return `“${file.name.slice(0, 40)}…” has a name that is too long`
  return null
}

export function dropChosen(conversationId: string, kind: DraftKind, id: string): void {
  const key = keyOf(conversationId, kind)
  put(key, (chosen.get().get(key) ?? NONE).filter((one) => one.id !== id))
}

/** Returns the chosen files and forgets them. */
export function takeChosen(conversationId: string, kind: DraftKind): File[] {
  const key = keyOf(conversationId, kind)
  const files = (chosen.get().get(key) ?? NONE).map(({ file }) => file)
  put(key, NONE)
  return files
}
