/** Drafts in local storage, an entry each, of the person here: what one tab puts there, the others hear of. */
import { session } from '../auth/session.ts'

export interface Draft {
  readonly text: string
  /** The API has it just so. */
  readonly kept: boolean
  /** What the API had last, if it has not got this. */
  readonly base?: string
  /** Another tab has it, and sends it on. */
  readonly theirs?: true
}

const prefix = () => `axis.draft.${session().person.id}.`

export function storeDraft(key: string, draft: Draft | null): void {
  try {
    if (draft === null) localStorage.removeItem(prefix() + key)
    else localStorage.setItem(prefix() + key, JSON.stringify(draft))
  } catch {
    // Full or switched off: drafts live as long as the page, and with the API.
  }
}

export function storedDrafts(): Map<string, Draft> {
  const found = new Map<string, Draft>()
  try {
    for (const name of Object.keys(localStorage)) {
      const key = keyIn(name)
      const draft = read(localStorage.getItem(name))
      if (key !== null && draft) found.set(key, draft)
    }
  } catch {
    // Switched off, or not to be read: the API knows.
  }
  return found
}

/** Tells what other tabs put there, and null for what they take away; until the returned function is called. */
export function onStoredDraft(tell: (key: string, draft: Draft | null) => void): () => void {
  const heard = ({ key: name, newValue }: StorageEvent) => {
    const key = name === null ? null : keyIn(name)
    if (key === null) return
    const draft = read(newValue)
    if (draft || newValue === null) tell(key, draft)
  }
  window.addEventListener('storage', heard)
  return () => window.removeEventListener('storage', heard)
}

function keyIn(name: string): string | null {
  const key = name.startsWith(prefix()) ? name.slice(prefix().length) : ''
  return /^[\da-f-]{36}\.(reply|note)$/.test(key) ? key : null
}

function read(value: string | null): Draft | null {
  if (value === null) return null
  try {
    const { text, kept, base } = JSON.parse(value) as Partial<Draft>
    if (typeof text !== 'string') return null
    return { text, kept: kept === true, ...(typeof base === 'string' && { base }) }
  } catch {
    return null
  }
}
