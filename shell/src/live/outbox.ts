/**
 * What was written here and is not yet known to be with the API.
 *
 * An entry leaves when the API has its message (told by the answer or by the stream, whichever comes
 * first) or when a person discards it, never by a timer. It goes out under the same client id each
 * time, so trying again is safe; entries of one conversation go out one after the other. They are
 * kept in local storage, an entry each, and survive the page; those of another person wait for them.
 * One with files lives as long as the page: there is no room for them anywhere else.
 */
import { answerOf, client } from '../api/client.ts'
import { Failure } from '../api/failure.ts'
import { sendWithFiles } from '../api/files.ts'
import type { Message } from '../api/types.ts'
import { session } from '../auth/session.ts'

import { backoff } from './backoff.ts'
import { createStore, type Store } from './store.ts'

export interface Written {
  readonly clientId: string
  readonly conversationId: string
  readonly content: string
  readonly private: boolean
  readonly createdAt: string
  /** Waiting for the network or for its turn; on its way; or refused, until somebody acts. */
  readonly state: 'waiting' | 'sending' | 'refused'
  readonly reason: string | null
  readonly files: readonly File[]
  /** How much of the files is sent, from 0 to 1. */
  readonly progress: number
}

const NONE: readonly Written[] = []

function prefix(): string {
  return `axis.outbox.${session().person.id}.`
}

type Entries = ReadonlyMap<string, readonly Written[]>

export class Outbox {
  readonly entries: Store<Entries> = createStore<Entries>(new Map())
  readonly #accept: (message: Message) => void
  readonly #sending = new Set<string>()
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()
  readonly #failures = new Map<string, number>()
  readonly #uploads = new Map<string, AbortController>()

  constructor(accept: (message: Message) => void) {
    this.#accept = accept
  }

  /** Takes up what an earlier page left. */
  start(): () => void {
    for (const entry of stored()) this.#put(entry.state === 'sending' ? { ...entry, state: 'waiting' } : entry)
    const wake = () => this.#wake()
    wake()
    window.addEventListener('online', wake)
    return () => {
      window.removeEventListener('online', wake)
      for (const timer of this.#timers.values()) clearTimeout(timer)
      this.#timers.clear()
    }
  }

  of(conversationId: string): readonly Written[] {
    return this.entries.get().get(conversationId) ?? NONE
  }

  send(conversationId: string, content: string, isPrivate: boolean, files: readonly File[] = []): void {
    this.#put({
      clientId: crypto.randomUUID(),
      conversationId,
      content,
      private: isPrivate,
      createdAt: new Date().toISOString(),
      state: 'waiting',
      reason: null,
      files,
      progress: 0,
    })
    void this.#work(conversationId)
  }

  retry(entry: Written): void {
    this.#put({ ...entry, state: 'waiting', reason: null })
    void this.#work(entry.conversationId)
  }

  discard(entry: Written): void {
    this.#uploads.get(entry.clientId)?.abort()
    this.#remove(entry.conversationId, entry.clientId)
    void this.#work(entry.conversationId)
  }

  /** The API has the message with this client id. */
  settled(conversationId: string, clientId: string): void {
    this.#remove(conversationId, clientId)
  }

  #wake(): void {
    for (const conversationId of this.entries.get().keys()) void this.#work(conversationId)
  }

  async #work(conversationId: string): Promise<void> {
    if (this.#sending.has(conversationId) || !navigator.onLine) return
    const entry = this.of(conversationId).find((one) => one.state !== 'refused')
    if (!entry) return
    clearTimeout(this.#timers.get(conversationId))
    this.#sending.add(conversationId)
    this.#put({ ...entry, state: 'sending' })
    let wait = 0
    try {
      const message = await this.#deliver(entry)
      this.#failures.delete(conversationId)
      this.#accept(message)
      this.#remove(conversationId, entry.clientId)
    } catch (error) {
      const failure = Failure.from(error)
      // The stream may have told meanwhile that it arrived.
      const pending = this.of(conversationId).some((one) => one.clientId === entry.clientId)
      if (pending && failure.passing) {
        const failures = (this.#failures.get(conversationId) ?? 0) + 1
        this.#failures.set(conversationId, failures)
        wait = backoff(failures)
        this.#put({ ...entry, state: 'waiting', reason: failure.message })
      } else if (pending) {
        this.#put({ ...entry, state: 'refused', reason: failure.message })
      }
    } finally {
      this.#sending.delete(conversationId)
    }
    if (wait === 0) return this.#work(conversationId)
    this.#timers.set(
      conversationId,
      setTimeout(() => void this.#work(conversationId), wait),
    )
  }

  async #deliver(entry: Written): Promise<Message> {
    const { conversationId: id, content, clientId, files } = entry
    const body = { content, private: entry.private, clientId }
    if (files.length === 0) {
      return await answerOf(client.POST('/api/v1/conversations/{id}/messages', { params: { path: { id } }, body }))
    }
    const upload = new AbortController()
    this.#uploads.set(clientId, upload)
    const progress = (share: number) => {
      if (this.of(id).some((one) => one.clientId === clientId)) this.#put({ ...entry, state: 'sending', progress: share })
    }
    try {
      return await sendWithFiles(id, body, files, { progress, signal: upload.signal })
    } finally {
      this.#uploads.delete(clientId)
    }
  }

  #put(entry: Written): void {
    const entries = this.of(entry.conversationId)
    const known = entries.some((one) => one.clientId === entry.clientId)
    const next = known
      ? entries.map((one) => (one.clientId === entry.clientId ? entry : one))
      : [...entries, entry]
    this.entries.set(new Map(this.entries.get()).set(entry.conversationId, next))
    keep(entry)
  }

  #remove(conversationId: string, clientId: string): void {
    const entries = this.of(conversationId)
    const left = entries.filter((one) => one.clientId !== clientId)
    if (left.length === entries.length) return
    const next = new Map(this.entries.get())
    if (left.length > 0) next.set(conversationId, left)
    else next.delete(conversationId)
    this.entries.set(next)
    forget(clientId)
  }
}

function keep(entry: Written): void {
  if (entry.files.length > 0) return
  try {
    localStorage.setItem(prefix() + entry.clientId, JSON.stringify(entry))
  } catch {
    // Full or switched off: the entry lives as long as the page.
  }
}

function forget(clientId: string): void {
  try {
    localStorage.removeItem(prefix() + clientId)
  } catch {
    // As above.
  }
}

function stored(): Written[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(prefix()))
      .map((key) => JSON.parse(localStorage.getItem(key) ?? 'null') as Written | null)
      .filter((entry) => entry !== null)
      .map((entry) => ({ ...entry, files: [], progress: 0 }))
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
  } catch {
    return []
  }
}
