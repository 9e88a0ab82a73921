/**
 * The one live connection of the page.
 *
 * ```text
 * stream ──► connection ──► cache ──► screens
 *                      ├──► outbox      (messages written here have arrived)
 *                      ├──► typing, presence
 *                      └──► news ──► toasts
 * ```
 */
import type { QueryClient } from '@tanstack/react-query'

import { answerOf, client, doneOf } from '../api/client.ts'
import { Failure } from '../api/failure.ts'
import { tagOf } from '../api/tag.ts'
import type { Announcement, Approval, Conversation, Live as LiveEvent, Message, UpdateConversation } from '../api/types.ts'
import { session } from '../auth/session.ts'
import { randomUuid } from '../base/randomUuid.ts'

import { admission } from './admission.ts'
import { afterRefusal } from './again.ts'
import { Cache } from './cache.ts'
import { withdrawnBy } from './concerns.ts'
import { Connection } from './connection.ts'
import { Drafts } from './drafts.ts'
import { Journal } from './journal.ts'
import { type News, tellNews } from './news.ts'
import { Outbox } from './outbox.ts'
import { persistently, TRIES_TO_KEEP } from './persistently.ts'
import { readPosition } from './position.ts'
import { present } from './presence.ts'
import { shown } from './queries.ts'
import { watchRest } from './resting.ts'
import type { Frame } from './sse.ts'
import { connectionStatus } from './status.ts'
import { tellAgain } from './telling.ts'
import { Turns } from './turns.ts'
import { isEcho, learnName, typedHere, typing } from './typing.ts'

/** A change of a conversation: how it shows from now on, and the request for it. */
export interface Alteration {
  readonly over: (row: Conversation) => Conversation
  readonly body: (row: Conversation) => UpdateConversation
  /** Whether the request depends on the current state, which others may be changing too. */
  readonly builds: boolean
}

/** How often a change is rebuilt on the changes of others. */
const REBUILDS = 20

export class Live {
  readonly outbox: Outbox
  readonly drafts = new Drafts()
  readonly #queryClient: QueryClient
  readonly #journal = new Journal()
  readonly #cache: Cache
  #connection: Connection | null = null
  /** Until the stream has caught up, events are not news, except those that this person is waiting for. */
  #caughtUp = false
  /**
   * That news, by what it is about. It is held back until the stream has caught up, because it may be out of date by
   * then.
   */
  readonly #missed = new Map<string, News>()
  /** Messages that were told as not sent, as long as they are not. */
  readonly #notSent = new Set<string>()
  /** Commands of this person, who is told if Chatwoot refuses one. */
  readonly #own = new Set<string>()
  /** Orders the changes of each conversation. */
  readonly #turns = new Turns()

  constructor(queryClient: QueryClient) {
    this.#queryClient = queryClient
    this.#cache = new Cache(queryClient, this.#journal)
    // From the first answer on: some come before the stream is open.
    this.#cache.watch()
    this.outbox = new Outbox({
      accept: (message) => this.#cache.accept(message),
      seen: (id) => this.#cache.seen(id),
      sent: (written) => tellNews({ kind: 'sent', written }),
      heldUp: (written) => tellNews({ kind: 'held-up', written }),
    })
  }

  /**
   * Sends a failed message again, or a waiting one at once. For a message that may have left, the API first looks in
   * Chatwoot.
   */
  async retry({ id, conversationId }: Message): Promise<void> {
    const path = { id: conversationId, messageId: id }
    this.#cache.accept(
      await answerOf(client.POST('/api/v1/conversations/{id}/messages/{messageId}/retry', { params: { path } })),
    )
  }

  /**
   * Takes back a message that has not left, or discards one that failed. A message that Chatwoot has stays, as failed.
   */
  async cancel(message: Message): Promise<void> {
    const path = { id: message.conversationId, messageId: message.id }
    const params = { path, header: { 'Idempotency-Key': randomUuid() } }
    let lost = false
    const ask = () =>
      doneOf(client.POST('/api/v1/conversations/{id}/messages/{messageId}/cancel', { params })).catch((error: unknown) => {
        const { status, passing } = Failure.from(error)
        // An earlier try succeeded and its answer was lost. Otherwise somebody else has taken the message back, and has
        // its text.
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

  /** Deletes a message in Chatwoot. */
  async delete({ id, conversationId }: Message): Promise<void> {
    const path = { id: conversationId, messageId: id }
    const params = { path }
    const ask = () => answerOf(client.DELETE('/api/v1/conversations/{id}/messages/{messageId}', { params }))
    this.#cache.accept(await persistently(ask, TRIES_TO_KEEP))
  }

  /** Where the list on the screen has it, from 0; -1 if it does not. */
  placeInList(id: string): number {
    return this.#cache.placeInList(id)
  }

  /** Ids of conversations that were deleted in Chatwoot. */
  get deleted() {
    return this.#cache.deleted
  }

  /** The newest known state of a conversation, as it shows. */
  look(id: string): Conversation | undefined {
    // The journal is limited, and lists may have more.
    return this.#cache.look(id) ?? shown(this.#queryClient, id)
  }

  /**
   * Changes a conversation: at once on the screen, and back again if the API refuses. Returns its earlier state.
   * Changes of a conversation are sent one after another, because a retried one would otherwise undo a later one.
   */
  async change(id: string, { over, body, builds }: Alteration): Promise<Conversation> {
    const wish = { conversationId: id, over }
    this.#cache.wish(wish)
    try {
      return await this.#turns.take(id, async () => {
        // Without the changes that are pending: they may be refused.
        const before = this.#journal.look(id) ?? (await this.#read(id))
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

  /** Marks a conversation as read or unread for the team. One follows the other, so that the last one stays. */
  async mark(id: string, read: boolean): Promise<void> {
    const over = (row: Conversation) => ({ ...row, unreadCount: read ? 0 : Math.max(1, row.unreadCount) })
    const wish = { conversationId: id, over }
    this.#cache.wish(wish)
    const params = { path: { id } }
    try {
      await this.#turns.take(`${id} read`, async () => {
        if (read) await doneOf(client.POST('/api/v1/conversations/{id}/read', { params }))
        else await doneOf(client.POST('/api/v1/conversations/{id}/unread', { params }))
      })
      this.#cache.settle(wish, await this.#read(id))
    } catch (error) {
      this.#cache.settle(wish)
      throw Failure.from(error)
    }
  }

  /** Opens the connection, and closes it when the returned function is called. */
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
        // Somebody who looks at the tab again should see that it is connecting, not that something is wrong.
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

  /** Retries a refused connection, and everything else that was refused because of missing permissions. */
  async reconnect(): Promise<void> {
    await afterRefusal(connectionStatus.get().why)
    this.#connection?.again()
    this.#cache.retryRefused()
  }

  /** Handles one event of the stream. */
  take(frame: Frame): void {
    const position = readPosition(frame.id)
    let told: unknown
    try {
      told = JSON.parse(frame.data)
    } catch {
      // It will not be readable if it is sent again, but the API knows what it said.
      this.#cache.doubt()
      return
    }
    switch (frame.event) {
      case 'ready':
      case 'reset':
        if (!position) return
        if (frame.event === 'ready') this.#cache.ready(position)
        else {
          this.#cache.reset(position)
          // What was missed may have told what became of these. The list marks those that are still not sent.
          for (const messageId of this.#notSent) tellNews({ kind: 'settled', messageId })
          this.#notSent.clear()
        }
        this.#caughtUp = true
        for (const news of this.#missed.values()) this.#say(news)
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

  /** Handles typing and presence. This person's own are not shown. */
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
    const { type, message, actor, data } = announcement
    const operation = typeof data.operationId === 'string' ? data.operationId : null
    if (operation && actor?.id === session().person.id) this.#own.add(operation)
    if (operation && type === 'command_failed' && this.#own.delete(operation)) tellNews({ kind: 'undone', announcement })
    this.#reactToRequest(announcement)
    const withdrawn = withdrawnBy(announcement)
    if (withdrawn) this.#settle(withdrawn)
    if (!message) return
    this.#missed.delete(message.id)
    if (message.state !== 'failed' || message.deleted) this.#settle(message.id)
    learnName(message)
    if (message.clientId) this.outbox.settled(message.conversationId, message.clientId)
    if (message.messageType === 'incoming') {
      typing(message.conversationId, { actorType: 'contact', name: message.sender?.name ?? null, private: false }, false)
    }
    const arrived = this.#caughtUp && type === 'message_created' && message.messageType === 'incoming'
    // Only the author is told: everybody else sees it in the list and the thread. A repeated event is not news.
    const again = type === 'message_created' || type === 'conversation_refreshed'
    const failed = message.state === 'failed' && !message.deleted && !again && this.outbox.wrote(message)
    if (!arrived && !failed) return
    this.#withRow(announcement, message.conversationId, (conversation) => {
      if (arrived) tellNews({ kind: 'message', conversation, message })
      if (failed) this.#tell(message.id, { kind: 'not-sent', conversation, message })
    })
  }

  /** Does something with the conversation of an event, which may have come without it because that is large. */
  #withRow({ conversation, omitted }: Announcement, id: string, then: (row: Conversation) => void): void {
    const row = conversation ?? (omitted?.includes('conversation') ? this.look(id) : undefined)
    if (row) then(row)
    // Before the stream has caught up, what it tells next may be more than the API knew.
    else if (omitted?.includes('conversation') && this.#caughtUp) void this.#read(id).then(then, () => undefined)
  }

  /** Tells what became of a request for approval. If it came without that, because it is large, it is read. */
  #reactToRequest({ type, approval, data: { approvalId: id } }: Announcement): void {
    const isNews = this.#caughtUp
    const tell = (approval: Approval) => {
      if (isNews || isOwnDecision(type, approval)) this.#tell(approval.id, { kind: 'approval', type, approval })
    }
    if (approval) tell(approval)
    else if (typeof id === 'string' && (isNews ? type.startsWith('approval_') : isDecision(type))) {
      const params = { path: { id } }
      void answerOf(client.GET('/api/v1/approvals/{id}', { params })).then(tell, () => undefined)
    }
  }

  #tell(about: string, news: News): void {
    if (this.#caughtUp) this.#say(news)
    else this.#missed.set(about, news)
  }

  #say(news: News): void {
    if (news.kind === 'not-sent') this.#notSent.add(news.message.id)
    tellNews(news)
  }

  /** A message did not fail, or not any more. */
  #settle(messageId: string): void {
    this.#missed.delete(messageId)
    if (this.#notSent.delete(messageId)) tellNews({ kind: 'settled', messageId })
  }
}

/** Whether a request of this person was decided. */
function isOwnDecision(type: string, { requestedById }: Approval): boolean {
  return isDecision(type) && requestedById === session().person.id
}

function isDecision(type: string): boolean {
  return type === 'approval_approved' || type === 'approval_rejected'
}
