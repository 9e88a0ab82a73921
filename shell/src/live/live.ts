/**
 * The one live connection of the page.
 *
 * ```text
 * stream ──► connection ──► cache ──► screens
 *                      ├──► outbox      (what was written here has arrived)
 *                      ├──► typists, everybody
 *                      └──► news ──► toasts
 * ```
 */
import type { QueryClient } from '@tanstack/react-query'

import { answerOf, client, doneOf } from '../api/client.ts'
import { Failure } from '../api/failure.ts'
import { tagOf } from '../api/tag.ts'
import type { Announcement, Approval, Conversation, Live as LiveEvent, Message, UpdateConversation } from '../api/types.ts'
import { session } from '../auth/session.ts'

import { admission } from './admission.ts'
import { afterRefusal } from './again.ts'
import { Cache } from './cache.ts'
import { Connection } from './connection.ts'
import { Drafts } from './drafts.ts'
import { Journal } from './journal.ts'
import { type News, tellNews } from './news.ts'
import { Outbox } from './outbox.ts'
import { persistently, TRIES_TO_KEEP } from './persistently.ts'
import { readPosition } from './position.ts'
import { present } from './presence.ts'
import { watchRest } from './resting.ts'
import type { Frame } from './sse.ts'
import { connectionStatus } from './status.ts'
import { tellAgain } from './telling.ts'
import { Turns } from './turns.ts'
import { isEcho, learnName, typedHere, typing } from './typing.ts'

/** A change of a conversation, as it shows from now on and as the API is asked for it. */
export interface Alteration {
  readonly over: (row: Conversation) => Conversation
  readonly body: (row: Conversation) => UpdateConversation
  /** What is asked for depends on what there is: somebody else may be changing the same. */
  readonly builds: boolean
}

/** How often a change is rebuilt on what others changed meanwhile. */
const REBUILDS = 20

export class Live {
  readonly outbox: Outbox
  readonly drafts = new Drafts()
  readonly #cache: Cache
  #connection: Connection | null = null
  /** What comes before the stream has caught up is no news, but for what concerns this person. */
  #caughtUp = false
  /** That news, until the stream has caught up: by then it may be true no more. By what it is about. */
  readonly #missed = new Map<string, News>()
  /** Commands of this person, which they are told of should Chatwoot refuse them. */
  readonly #own = new Set<string>()
  /** Changes of a conversation. */
  readonly #turns = new Turns()

  constructor(queryClient: QueryClient) {
    this.#cache = new Cache(queryClient, new Journal())
    // From the first answer on: some come before the stream is open.
    this.#cache.watch()
    this.outbox = new Outbox({
      accept: (message) => this.#cache.accept(message),
      seen: (id) => this.#cache.seen(id),
      sent: (written) => tellNews({ kind: 'sent', written }),
      heldUp: (written) => tellNews({ kind: 'held-up', written }),
    })
  }

  /** Sends a message again that failed, or now one that waits; of one that may have left, it asks Chatwoot. */
  async retry({ id, conversationId }: Message): Promise<void> {
    const path = { id: conversationId, messageId: id }
    this.#cache.accept(
      await answerOf(client.POST('/api/v1/conversations/{id}/messages/{messageId}/retry', { params: { path } })),
    )
  }

  /** Takes back a message that has not left, or discards one that failed. One that Chatwoot has stays, as failed. */
  async cancel(message: Message): Promise<void> {
    const path = { id: message.conversationId, messageId: message.id }
    const params = { path, header: { 'Idempotency-Key': crypto.randomUUID() } }
    let lost = false
    const ask = () =>
      doneOf(client.POST('/api/v1/conversations/{id}/messages/{messageId}/cancel', { params })).catch((error: unknown) => {
        const { status, passing } = Failure.from(error)
        // It was asked for before, and the answer was lost; else somebody else has its text.
        if (status === 404 && lost) return
        lost ||= passing
        throw error
      })
    await persistently(ask, TRIES_TO_KEEP).catch((error: unknown) => {
      if (Failure.from(error).status === 404) this.#cache.withdraw(message)
      throw error
    })
    if (message.chatwootId == null) this.#cache.withdraw(message)
    else this.#cache.reread(message.conversationId)
  }

  /** Deletes a message that Chatwoot has. */
  async delete({ id, conversationId }: Message): Promise<void> {
    const path = { id: conversationId, messageId: id }
    const params = { path }
    const ask = () => answerOf(client.DELETE('/api/v1/conversations/{id}/messages/{messageId}', { params }))
    this.#cache.accept(await persistently(ask, TRIES_TO_KEEP))
  }

  /** Whether a list on the screen has it. */
  isListed(id: string): boolean {
    return this.#cache.isListed(id)
  }

  /** Conversations that Chatwoot has no more. */
  get deleted() {
    return this.#cache.deleted
  }

  /** The newest that is known of a conversation here. */
  look(id: string): Conversation | undefined {
    return this.#cache.look(id)
  }

  /**
   * Changes a conversation: at once on the screen, and back again should the API refuse. Says what it was. The API is
   * asked once it has answered the changes before: one that is tried again would else undo what was wanted after it.
   */
  async change(id: string, { over, body, builds }: Alteration): Promise<Conversation> {
    const known = this.#cache.look(id)
    const wish = { conversationId: id, over }
    this.#cache.wish(wish)
    try {
      return await this.#turns.take(id, async () => {
        const before = known ?? (await this.#read(id))
        this.#cache.settle(wish, await this.#ask(id, before, body, builds))
        return before
      })
    } catch (error) {
      this.#cache.settle(wish)
      throw Failure.from(error)
    }
  }

  async #ask(id: string, seen: Conversation, body: Alteration['body'], builds: boolean): Promise<Conversation> {
    let row = seen
    for (let rebuilds = 0; ; rebuilds += 1) {
      try {
        return await persistently(() =>
          answerOf(
            client.PATCH('/api/v1/conversations/{id}', {
              params: { path: { id }, header: builds ? { 'If-Match': tagOf(row.updatedAt) } : {} },
              body: body(row),
            }),
          ),
        )
      } catch (error) {
        const failure = Failure.from(error)
        if (failure.status !== 412 || rebuilds >= REBUILDS) throw failure
        row = failure.current as Conversation
      }
    }
  }

  async #read(id: string): Promise<Conversation> {
    return await answerOf(client.GET('/api/v1/conversations/{id}', { params: { path: { id } } }))
  }

  /** Says that the team has seen what the customer wrote, or has not. */
  async mark(id: string, read: boolean): Promise<void> {
    const over = (row: Conversation) => ({ ...row, unreadCount: read ? 0 : Math.max(1, row.unreadCount) })
    const wish = { conversationId: id, over }
    this.#cache.wish(wish)
    const params = { path: { id } }
    try {
      if (read) await doneOf(client.POST('/api/v1/conversations/{id}/read', { params }))
      else await doneOf(client.POST('/api/v1/conversations/{id}/unread', { params }))
      this.#cache.settle(wish, await this.#read(id))
    } catch (error) {
      this.#cache.settle(wish)
      throw Failure.from(error)
    }
  }

  /** Opens the connection; closes it when the returned function is called. */
  start(): () => void {
    const stopOutbox = this.outbox.start()
    const stopDrafts = this.drafts.start()
    const connection = new Connection({
      admission,
      handlers: {
        frame: (frame) => this.take(frame),
        alive: () => connectionStatus.set({ ...connectionStatus.get(), heardAt: Date.now() }),
        lost: (state) => {
          this.#caughtUp = false
          connectionStatus.set({ state, heardAt: connectionStatus.get().heardAt })
        },
        refused: (why) => {
          this.#caughtUp = false
          connectionStatus.set({ state: 'refused', why, heardAt: connectionStatus.get().heardAt })
        },
        // Whoever looks again sees that it comes, not that something is wrong.
        rests: () => {
          this.#caughtUp = false
          connectionStatus.set({ state: 'connecting', heardAt: connectionStatus.get().heardAt })
        },
      },
    })
    this.#connection = connection
    const unwatch = watchRest({ rest: () => connection.rest(), wake: () => connection.wake() })
    void connection.run()
    return () => {
      unwatch()
      connection.stop()
      stopOutbox()
      stopDrafts()
    }
  }

  /** Tries now to have the connection that was refused, and whatever else was for want of a role. */
  async reconnect(): Promise<void> {
    await afterRefusal(connectionStatus.get().why)
    this.#connection?.again()
    this.#cache.retryRefused()
  }

  /** Takes one event of the stream. */
  take(frame: Frame): void {
    const position = readPosition(frame.id)
    let told: unknown
    try {
      told = JSON.parse(frame.data)
    } catch {
      // Not to be read, now or when it is told again; what it said, the API knows.
      this.#cache.doubt()
      return
    }
    switch (frame.event) {
      case 'ready':
      case 'reset':
        if (!position) return
        if (frame.event === 'ready') this.#cache.ready(position)
        else this.#cache.reset(position)
        this.#caughtUp = true
        for (const news of this.#missed.values()) tellNews(news)
        this.#missed.clear()
        connectionStatus.set({ state: 'live', heardAt: Date.now() })
        return
      case 'typing':
      case 'presence':
        this.#moment(told as LiveEvent)
        return
      default:
        if (position && this.#cache.announce(position, told as Announcement)) {
          this.#react(told as Announcement)
        }
    }
  }

  /** What somebody does at the moment; oneself is nobody to be told of. */
  #moment(event: LiveEvent): void {
    const { conversationId, actorId, name = null } = event
    const own = actorId === session().person.id
    if (event.type === 'presence') {
      const { state } = event
      const someone = { id: event.actorId, name, replies: state === 'replying' }
      if (!own && present(conversationId, someone, state !== 'away')) tellAgain(conversationId)
      return
    }
    const { actorType, private: isPrivate, on } = event
    if (actorType === 'member') typedHere(conversationId)
    else if (actorType !== 'contact' && isEcho(conversationId, name)) return
    if (!own) typing(conversationId, { actorType, name, private: isPrivate }, on)
  }

  #react(announcement: Announcement): void {
    const { type, conversation, message, actor, data } = announcement
    const operation = typeof data.operationId === 'string' ? data.operationId : null
    if (operation && actor?.id === session().person.id) this.#own.add(operation)
    if (operation && type === 'command_failed' && this.#own.delete(operation)) tellNews({ kind: 'undone', announcement })
    const { approval } = announcement
    if (approval && (this.#caughtUp || isOwnDecision(type, approval))) this.#tell(approval.id, { kind: 'approval', type, approval })
    if (!message) return
    this.#missed.delete(message.id)
    learnName(message)
    if (message.clientId) this.outbox.settled(message.conversationId, message.clientId)
    if (message.messageType === 'incoming') {
      typing(message.conversationId, { actorType: 'contact', name: message.sender?.name ?? null, private: false }, false)
    }
    if (!conversation) return
    if (this.#caughtUp && type === 'message_created' && message.messageType === 'incoming') {
      tellNews({ kind: 'message', conversation, message })
    }
    // Everybody else sees it in the list and in the thread. What comes once more is no news.
    const again = type === 'message_created' || type === 'conversation_refreshed'
    if (message.state === 'failed' && !again && this.outbox.wrote(message)) {
      this.#tell(message.id, { kind: 'not-sent', conversation, message })
    }
  }

  #tell(about: string, news: News): void {
    if (this.#caughtUp) tellNews(news)
    else this.#missed.set(about, news)
  }
}

/** Whether it was decided what this person had asked for. */
function isOwnDecision(type: string, { requestedById }: Approval): boolean {
  return (type === 'approval_approved' || type === 'approval_rejected') && requestedById === session().person.id
}
