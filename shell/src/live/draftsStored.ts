/** This person's drafts in local storage, one entry each. A change in one tab reaches the others. */
import { session } from '../auth/session.ts'
import { local, parsed } from '../base/storage.ts'

export interface Draft {
  readonly text: string
  /** The API has exactly this text. */
  readonly kept: boolean
  /** The text that the API last had, if it does not have this one. */
  readonly base?: string
  /** Texts that the API may have got since, though its answer did not come; the newest last. */
  readonly known?: readonly string[]
  /** Another tab has it, and sends it to the API. */
  readonly theirs?: true
}

/**
 * Whether there is anything in a text to keep. The slash that opens canned responses, also a full-width one from East
 * Asian input methods, is nothing by itself.
 */
export function isBegun(text: string): boolean {
  return !/^\s*[/\uff0f]?\s*$/.test(text)
}

const prefix = () => `axis.draft.${session().person.id}.`

export function storeDraft(key: string, draft: Draft | null): void {
  if (draft === null) local.remove(prefix() + key)
  else local.writeJson(prefix() + key, draft)
}

export function storedDrafts(): Map<string, Draft> {
  const found = new Map<string, Draft>()
  for (const [key, value] of local.entries(prefix())) {
    const draft = read(value)
    if (isKey(key) && draft) found.set(key, draft)
  }
  return found
}

/** Reports what other tabs store, and null for what they remove, until the returned function is called. */
export function onStoredDraft(tell: (key: string, draft: Draft | null) => void): () => void {
  const heard = ({ key: name, newValue }: StorageEvent) => {
    if (!name?.startsWith(prefix())) return
    const key = name.slice(prefix().length)
    const draft = read(parsed(newValue))
    if (isKey(key) && (draft || newValue === null)) tell(key, draft)
  }
  window.addEventListener('storage', heard)
  return () => window.removeEventListener('storage', heard)
}

function isKey(key: string): boolean {
  return /^[\da-f-]{36}\.(reply|note)$/.test(key)
}

function read(value: unknown): Draft | null {
  const { text, kept, base, known } = (value ?? {}) as Partial<Draft>
  if (typeof text !== 'string') return null
  return {
    text,
    kept: kept === true,
    ...(typeof base === 'string' && { base }),
    ...(Array.isArray(known) && { known: known.filter((one) => typeof one === 'string') }),
  }
}
