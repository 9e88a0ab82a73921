/**
 * Messages written here that the API may not have yet.
 *
 * An entry leaves when the API has its message, whether the answer or the stream says so first, or when a person
 * discards it, never after a timeout. It is sent with the same client id each time, so trying again is safe; entries of
 * one conversation are sent one after another. A reply is sent only if nobody else has written since its writer looked;
 * otherwise the writer chooses.
 *
 * Entries are stored in local storage and outlive the page; another person's entries wait for that person. An entry
 * that one tab removes, the other tabs remove too. Files live only as long as the page: afterwards the text is left,
 * which waits for its writer and is never sent without them.
 */
import { answerOf, client } from '../api/client.ts'
import { Failure } from '../api/failure.ts'
import { sendWithFiles } from '../api/files.ts'
import { tagOf } from '../api/tag.ts'
import type { Conversation, Message } from '../api/types.ts'
import { session } from '../auth/session.ts'
import { randomUuid } from '../base/randomUuid.ts'
import { createStore, type Store } from '../base/store.ts'

import { isForbidden, rolesOfNow } from './again.ts'
import { backoff, pause, wait } from './backoff.ts'
import { forget, keep, keepWritten, left, onForgotten, stored, written } from './kept.ts'
import { type Arrived, arrivedOf, isHeldUp, type Next, type Seen, type Written } from './written.ts'

/** What the outbox needs from its surroundings, and tells them. */
export interface Post {
  /** The API has this message. */
  accept: (message: Message) => void
  seen?: (conversationId: string) => Seen | null
  /** An entry has left, because the API has it. */
  sent?: (written: Written) => void
  /** An entry waits for somebody to act. */
  heldUp?: (written: Written) => void
}

const NONE: readonly Written[] = []
/** More excerpts do not help anybody to choose. */
const MOST_ARRIVED = 3
/** How many of this person's messages are recognised later. */
const MOST_OWN = 500
/** How many of the newest messages are compared with what was seen. */
const COMPARED = 30
/** How often in a row an entry is sent again at once after something else had changed. */
const MOST_REBASED = 3

type Entries = ReadonlyMap<string, readonly Written[]>

export class Outbox {
  readonly entries: Store<Entries> = createStore<Entries>(new Map())
  readonly #post: Post
  /** The request under way, by conversation. */
  readonly #sending = new Map<string, Promise<unknown>>()
  /** Entries that are being taken back: they are not sent again. */
  readonly #wanted = new Set<string>()
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()
  readonly #failures = new Map<string, number>()
  readonly #uploads = new Map<string, AbortController>()
  /** The API wants no requests before this time, for any conversation; by the monotonic clock. */
  #notBefore = 0
  /** Client ids of what this person wrote in this browser, the newest last: Chatwoot may show it under another name. */
  #own: readonly string[] = []
  #open = false

  constructor(post: Post) {
    this.#post = post
  }

  /** Restores what an earlier page left. */
  start(): () => void {
    this.#open = true
    this.#know()
    for (const entry of stored()) {
      if (entry.filesLost) void this.#takeUp(entry)
      // Told again: what was told of it is gone with the earlier page.
      else if (isHeldUp(entry)) this.#hold(entry)
      else this.#put(entry.state === 'sending' ? { ...entry, state: 'waiting', unsure: true } : entry)
    }
    const wake = () => this.#wake()
    const forgotten = (clientId: string) => {
      const entry = [...this.entries.get().values()].flat().find((one) => one.clientId === clientId)
      if (entry) this.discard(entry)
    }
    const unwatch = onForgotten(forgotten)
    const leaving = (event: BeforeUnloadEvent) => {
      const entries = [...this.entries.get().values()].flat()
      if (entries.some(({ files }) => files.length > 0)) event.preventDefault()
    }
    wake()
    window.addEventListener('online', wake)
    window.addEventListener('beforeunload', leaving)
    return () => {
      this.#open = false
      unwatch()
      window.removeEventListener('online', wake)
      window.removeEventListener('beforeunload', leaving)
      for (const timer of this.#timers.values()) clearTimeout(timer)
      this.#timers.clear()
    }
  }

  /** Restores an entry whose files were lost with its page, unless its message has arrived. */
  async #takeUp({ conversationId, clientId }: Written): Promise<void> {
    await left(clientId)
    const entry = stored().find((one) => one.clientId === clientId)
    if (!entry) return
    this.#put(entry)
    const pending = () => this.#open && this.of(conversationId).some((one) => one.clientId === clientId)
    for (let tries = 1; pending(); tries += 1) {
      try {
        const messages = await this.#newest(conversationId)
        const own = messages.find((message) => message.clientId === clientId)
        if (own) this.#arrive(entry, own)
        else if (pending()) this.#post.heldUp?.(entry)
        return
      } catch (error) {
        // Without an answer it is not known whether the message was lost, so ask again. A refusal would be the same
        // again.
        const failure = Failure.from(error)
        if (failure.passing) await pause(tries, failure)
        else return this.#post.heldUp?.(entry)
      }
    }
  }

  of(conversationId: string): readonly Written[] {
    return this.entries.get().get(conversationId) ?? NONE
  }

  send(
    conversationId: string,
    content: string,
    isPrivate: boolean,
    files: readonly File[] = [],
    next: Next | null = null,
  ): void {
    const clientId = randomUuid()
    this.#know(clientId)
    keepWritten(this.#own)
    this.#put({
      clientId,
      conversationId,
      content,
      private: isPrivate,
      createdAt: new Date().toISOString(),
      state: 'waiting',
      reason: null,
      // A note does not interfere with anybody's reply.
      seen: isPrivate ? null : (this.#post.seen?.(conversationId) ?? null),
      arrived: [],
      next,
      files,
      progress: 0,
    })
    void this.#work(conversationId)
  }

  /** Sends an entry again that was refused. If its writer was not permitted to, they may be by now. */
  async retry(entry: Written): Promise<void> {
    if (entry.forbidden) await rolesOfNow()
    // Somebody may have discarded it in the meantime, or tried it again.
    const now = this.of(entry.conversationId).find((one) => one.clientId === entry.clientId)
    if (now?.state !== entry.state) return
    this.#put({ ...entry, state: 'waiting', reason: null, forbidden: false })
    void this.#work(entry.conversationId)
  }

  /** Sends an entry whose writer has read the new messages. */
  sendAnyway(entry: Written): void {
    const read = entry.arrived.map(({ id }) => id)
    const seen = entry.seen && { tag: null, messages: [...entry.seen.messages, ...read] }
    void this.retry({ ...entry, seen, arrived: [] })
  }

  discard(entry: Written): void {
    this.#uploads.get(entry.clientId)?.abort()
    this.#remove(entry.conversationId, entry.clientId)
    void this.#work(entry.conversationId)
  }

  /**
   * Takes back an entry that is waiting or being uploaded. Returns whether it is its writer's again, or false if the
   * API has it by now. Throws if that cannot be determined; the entry then stays as it was.
   */
  async takeBack({ conversationId, clientId }: Written): Promise<boolean> {
    const now = () => this.of(conversationId).find((one) => one.clientId === clientId)
    const before = now()
    if (!before || this.#wanted.has(clientId)) return false
    this.#wanted.add(clientId)
    try {
      const upload = this.#uploads.get(clientId)
      // An upload that was not complete never became a message.
      const stopped = upload !== undefined && before.progress < 1
      if (stopped) upload.abort()
      if (before.state === 'sending') await this.#sending.get(conversationId)
      const entry = now()
      if (!entry) return false
      if (stopped ? before.unsure : entry.unsure) {
        const own = (await this.#newest(conversationId)).find((message) => message.clientId === clientId)
        if (own) {
          this.#arrive(entry, own)
          return false
        }
      }
      // The stream may have reported it in the meantime.
      if (!now()) return false
      this.#failures.delete(conversationId)
      this.#remove(conversationId, clientId)
      return true
    } finally {
      this.#wanted.delete(clientId)
      void this.#work(conversationId)
    }
  }

  /** Whether this person wrote a message. */
  wrote({ messageType, clientId, author, sender }: Message): boolean {
    if (messageType !== 'outgoing') return false
    if (author) return author.type === 'member' && author.id === session().person.id
    // Written in Chatwoot, where only the name says whose it is.
    return (clientId != null && this.#own.includes(clientId)) || sender?.name === session().person.name
  }

  /** The API has the message with this client id. */
  settled(conversationId: string, clientId: string): void {
    const entry = this.of(conversationId).find((one) => one.clientId === clientId)
    if (!entry) return
    this.#remove(conversationId, clientId)
    this.#post.sent?.(entry)
  }

  #wake(): void {
    for (const conversationId of this.entries.get().keys()) void this.#work(conversationId)
  }

  async #work(conversationId: string): Promise<void> {
    if (this.#sending.has(conversationId) || !navigator.onLine) return
    const entry = this.of(conversationId).find((one) => one.state === 'waiting' && !this.#wanted.has(one.clientId))
    if (!entry) return
    clearTimeout(this.#timers.get(conversationId))
    const left = this.#notBefore - performance.now()
    if (left > 0) {
      this.#later(conversationId, left)
      return
    }
    this.#put({ ...entry, state: 'sending' })
    const under = this.#try(entry)
    this.#sending.set(conversationId, under)
    const wait = await under.finally(() => this.#sending.delete(conversationId))
    if (wait === 0) return this.#work(conversationId)
    this.#later(conversationId, wait)
  }

  #later(conversationId: string, wait: number): void {
    clearTimeout(this.#timers.get(conversationId))
    this.#timers.set(
      conversationId,
      setTimeout(() => void this.#work(conversationId), wait),
    )
  }

  /** Sends an entry. Returns how long to wait before the next one; 0 if it can go at once. */
  async #try(entry: Written): Promise<number> {
    try {
      this.#arrive(entry, await this.#deliver(entry))
      return 0
    } catch (error) {
      return await this.#failed(entry, Failure.from(error))
    }
  }

  /** The API has this message of an entry. */
  #arrive({ conversationId, clientId }: Written, message: Message): void {
    this.#failures.delete(conversationId)
    this.#post.accept(message)
    this.settled(conversationId, clientId)
  }

  /** Handles a failed entry. Returns how long to wait before the next try; 0 if there is something to send now. */
  async #failed(entry: Written, failure: Failure): Promise<number> {
    const { conversationId, clientId, seen } = entry
    // In the meantime the stream may have reported it, or a person may have discarded it.
    const pending = () => this.of(conversationId).some((one) => one.clientId === clientId)
    if (!pending()) return 0
    const failures = (this.#failures.get(conversationId) ?? 0) + 1
    this.#failures.set(conversationId, failures)
    if (failure.status === 412 && seen?.tag) {
      try {
        const messages = await this.#newest(conversationId)
        if (!pending()) return 0
        // It had arrived, and the answer was lost.
        const own = messages.find((message) => message.clientId === clientId)
        if (own) {
          this.#arrive(entry, own)
          return 0
        }
        const arrived = this.#arrived(messages, seen)
        if (arrived.length > 0) {
          this.#hold({ ...entry, state: 'overtaken', arrived })
          return 0
        }
        // Nobody else wrote, and other changes are no reason to ask.
        const { updatedAt } = failure.current as Conversation
        this.#put({ ...entry, state: 'waiting', seen: { ...seen, tag: tagOf(updatedAt) } })
        return failures > MOST_REBASED ? backoff(failures) : 0
      } catch (error) {
        return await this.#failed({ ...entry, state: 'waiting' }, Failure.from(error))
      }
    }
    // The limit counts the caller's requests, not those of one conversation.
    if (failure.status === 429) this.#notBefore = Math.max(this.#notBefore, performance.now() + failure.retryAfter)
    if (failure.passing) {
      // Only this answer says for certain that nothing was done.
      this.#put({ ...entry, state: 'waiting', reason: failure.message, ...(failure.status !== 429 && { unsure: true }) })
      return wait(failures, failure)
    }
    this.#failures.delete(conversationId)
    // It had arrived, and its writer took it back in another browser, which has the text.
    if (failure.code === 'withdrawn') this.#remove(conversationId, clientId)
    else this.#hold({ ...entry, state: 'refused', reason: failure.message, forbidden: isForbidden(failure) })
    return 0
  }

  async #newest(id: string): Promise<Message[]> {
    const params = { path: { id }, query: { limit: COMPARED } }
    return (await answerOf(client.GET('/api/v1/conversations/{id}/messages', { params }))).data
  }

  /** Messages of others that were not seen. */
  #arrived(messages: Message[], seen: Seen): Arrived[] {
    this.#know()
    return messages
      .filter((message) => !seen.messages.includes(message.id) && this.#matters(message))
      .slice(-MOST_ARRIVED)
      .map(arrivedOf)
  }

  /** Adds what was written in other tabs. */
  #know(...more: string[]): void {
    this.#own = [...new Set([...written(), ...this.#own, ...more])].slice(-MOST_OWN)
  }

  #matters(message: Message): boolean {
    if (message.deleted) return false
    return message.messageType === 'incoming' || (message.messageType === 'outgoing' && !this.wrote(message))
  }

  async #deliver(entry: Written): Promise<Message> {
    const { conversationId: id, content, clientId, files } = entry
    const body = { content, private: entry.private, clientId }
    const header = entry.seen?.tag ? { 'If-Match': entry.seen.tag } : {}
    if (files.length === 0) {
      const params = { path: { id }, header }
      return await answerOf(client.POST('/api/v1/conversations/{id}/messages', { params, body }))
    }
    const upload = new AbortController()
    this.#uploads.set(clientId, upload)
    const progress = (share: number) => {
      if (this.of(id).some((one) => one.clientId === clientId)) this.#put({ ...entry, state: 'sending', progress: share })
    }
    try {
      return await sendWithFiles(id, body, files, { progress, signal: upload.signal, header })
    } finally {
      this.#uploads.delete(clientId)
    }
  }

  #hold(entry: Written): void {
    this.#put(entry)
    this.#post.heldUp?.(entry)
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
