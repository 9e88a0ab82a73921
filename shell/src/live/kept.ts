/**
 * The outbox in local storage, one entry per message.
 *
 * Files do not fit there, so an entry with files is stored as a refused one, for the page that comes after this one.
 * While this page lives it holds a lock, so that no other tab takes its entry for a lost one.
 */
import { session } from '../auth/session.ts'
import { isUuid } from '../base/randomUuid.ts'
import { local } from '../base/storage.ts'

import type { Written } from './written.ts'

const LOST = 'the page was closed before its files were sent'

const nameOf = (clientId: string) => `axis.outbox.${session().person.id}.${clientId}`
const releases = new Map<string, () => void>()

export function keep(entry: Written): void {
  // Upload progress concerns this page only.
  if (entry.progress > 0) return
  const withFiles = entry.files.length > 0
  if (withFiles) hold(entry.clientId)
  const kept = withFiles ? { ...entry, state: 'refused', reason: LOST, arrived: [], files: [], filesLost: true } : entry
  local.writeJson(nameOf(entry.clientId), kept)
}

export function forget(clientId: string): void {
  local.remove(nameOf(clientId))
  releases.get(clientId)?.()
  releases.delete(clientId)
}

export function stored(): Written[] {
  return local
    .entries(nameOf(''))
    .filter(([rest]) => isOwn(rest))
    .map(([, entry]) => entry as Written | null | undefined)
    .filter((entry) => entry != null)
    .map((entry) => ({ ...entry, files: [], progress: 0 }))
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
}

/**
 * Reports entries that other tabs have removed, because the API has them or their writer took them back, until the
 * returned function is called.
 */
export function onForgotten(tell: (clientId: string) => void): () => void {
  const heard = ({ key, newValue }: StorageEvent) => {
    const prefix = nameOf('')
    if (newValue !== null || !key?.startsWith(prefix)) return
    const clientId = key.slice(prefix.length)
    if (isOwn(clientId)) tell(clientId)
  }
  window.addEventListener('storage', heard)
  return () => window.removeEventListener('storage', heard)
}

/** Whether what follows this person's prefix is a client id: the id of another person may begin with theirs and a dot. */
function isOwn(rest: string): boolean {
  return isUuid(rest)
}

/** Resolves once no other page has the files of an entry, or at once if the browser has no locks or grants none. */
export async function left(clientId: string): Promise<void> {
  if ('locks' in navigator) await navigator.locks.request(nameOf(clientId), () => undefined).catch(() => undefined)
}

function hold(clientId: string): void {
  if (!('locks' in navigator) || releases.has(clientId)) return
  const released = new Promise<void>((release) => releases.set(clientId, release))
  navigator.locks.request(nameOf(clientId), () => released).catch(() => releases.delete(clientId))
}

const wroteKey = () => `axis.wrote.${session().person.id}`

export function keepWritten(own: readonly string[]): void {
  local.writeJson(wroteKey(), own)
}

export function written(): string[] {
  const own = local.readJson(wroteKey())
  return Array.isArray(own) ? own.filter((one) => typeof one === 'string') : []
}
