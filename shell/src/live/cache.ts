/** Events and answers meet here, and end in the same cache whatever their order. */
import type { Query, QueryClient } from '@tanstack/react-query'

import { Failure } from '../api/failure.ts'
import { tagOf } from '../api/tag.ts'
import type { Announcement, Approval, Conversation, ConversationFilter, Message, MessageList } from '../api/types.ts'
import { createStore } from '../base/store.ts'

import { type ActivityPages, addActivity } from './activity.ts'
import { Asking } from './asking.ts'
import { isWith, lacksFor, showsInRows, waitsIn, withdrawnBy } from './concerns.ts'
import { type ConversationPage, type ConversationPages, mayBeFound, upsertConversation } from './conversations.ts'
import { Doubts } from './doubts.ts'
import { earliest, type Heard, type Journal } from './journal.ts'
import { keyOf, keys, LIVE } from './keys.ts'
import { type MessagePages, messagesOf, upsertMessage, withoutMessage } from './messages.ts'
import { mineOf } from './mine.ts'
import { withNames } from './names.ts'
import { find, type Paged, rowsOf, without } from './pages.ts'
import { type Position, readPosition } from './position.ts'
import type { Seen } from './written.ts'

/** A change that the API has not answered yet: it shows over whatever arrives in the meantime. */
export interface Wish {
  readonly conversationId: string
  readonly over: (conversation: Conversation) => Conversation
}

/** How many of the newest messages are recorded as seen. */
const MOST_SEEN = 60
/** A tag that no conversation has: then only the messages say what was seen. */
const NO_TAG = '"0"'

interface Placed {
  position: { activity?: string | null }
}

export class Cache {
  readonly #client: QueryClient
  readonly #journal: Journal
  readonly #asking: Asking
  readonly #doubts = new Doubts((query) => void this.#asking.now(query))
  /** Messages that were taken back. A late look at one does not bring it back, unless Chatwoot has it after all. */
  readonly #withdrawn = new Set<string>()
  /** Messages that came with the answer to their writer: the thread may lack what came before them. */
  readonly #brought = new Set<string>()
  /** Conversations that were deleted, and about which Chatwoot has sent nothing since. */
  readonly deleted = createStore<ReadonlySet<string>>(new Set())
  /** Changes by conversation, in the order in which they were made. */
  readonly #wishes = new Map<string, readonly Wish[]>()
  /** Up to where events were known when a query was last asked for. */
  readonly #begun = new WeakMap<Query, string | null>()
  /** Queries whose first answer may lack what arrived before it. */
  readonly #early = new WeakSet<Query>()

  constructor(client: QueryClient, journal: Journal) {
    this.#client = client
    this.#journal = journal
    this.#asking = new Asking(client)
  }

  /** Watches answers come in, until the returned function is called. */
  watch(): () => void {
    return this.#client.getQueryCache().subscribe((event) => {
      const query = event.query as Query
      if (event.type !== 'updated' || !isLive(query)) return
      this.#doubts.note(query, event.action)
      if (event.action.type === 'fetch') this.#begun.set(query, this.#journal.place)
      if (event.action.type !== 'success' || event.action.manual) return
      this.#join(query)
      if (this.#early.delete(query)) void this.#asking.now(query)
    })
  }

  /** Applies an event everywhere. Returns false if it came before. */
  announce(position: Position, told: Announcement): boolean {
    const announcement = this.#completed(told)
    if (!this.#journal.note(position, announcement)) return false
    const withdrawn = withdrawnBy(announcement)
    if (withdrawn) this.#withdrawn.add(withdrawn)
    if (announcement.message) this.#brought.delete(announcement.message.id)
    const { type, source, conversationId } = announcement
    if (conversationId && type === 'conversation_deleted') this.deleted.set(new Set(this.deleted.get()).add(conversationId))
    else if (conversationId && source === 'chatwoot' && this.deleted.get().has(conversationId)) {
      this.deleted.set(new Set([...this.deleted.get()].filter((id) => id !== conversationId)))
    }
    const heard = { sequence: position.sequence, announcement }
    for (const query of this.#client.getQueryCache().getAll()) {
      if (query.state.data !== undefined) this.#apply(query, heard)
      // A conversation's answer has no position that says whether this is in it.
      else if (isOf(query, conversationId) && query.state.fetchStatus !== 'idle') this.#early.add(query)
    }
    this.#doubtApprovals(announcement)
    this.#doubtContact(announcement)
    return true
  }

  /**
   * Events do not carry approvals in every state, so what was requested or decided is loaded again, and so is what a
   * new message of the customer makes stale. A request alone changes once or twice, lists change with every request.
   */
  #doubtApprovals({ type, message, conversationId, approval }: Announcement): void {
    const decided = type.startsWith('approval')
    const wrote = type === 'message_created' && (!message || message.messageType === 'incoming')
    if (!decided && !wrote) return
    for (const query of this.#client.getQueryCache().getAll()) {
      const [what, which] = query.queryKey
      if (what !== 'approvals' && what !== 'approval') continue
      // A first load that is under way is not started again.
      if (query.state.data === undefined) this.#early.add(query)
      else if (decided && approval && what === 'approval') {
        if (approval.id === which) void this.#asking.now(query)
      } else if (decided || waitsIn(query, conversationId)) this.#asking.often(query)
    }
  }

  /**
   * Events only say which fields of a contact changed, so contacts are loaded again wherever these show. Rows of
   * conversations show few of them.
   */
  #doubtContact({ type, data }: Announcement): void {
    if (type !== 'contact_updated' && type !== 'contact_refreshed' && type !== 'contact_deleted') return
    const id = typeof data.contact === 'string' ? data.contact : null
    const inRows = id !== null && showsInRows(data.fields)
    for (const query of this.#client.getQueryCache().getAll()) {
      const [what, which] = query.queryKey
      const shows = what === 'contact' ? id === null || which === id : inRows && query.state.data !== undefined && isWith(query, id)
      if (shows) this.#asking.often(query)
    }
  }

  /** Adds the conversation to an event that only has its last message: lists show how far that message is. */
  #completed(announcement: Announcement): Announcement {
    const { conversation, message } = announcement
    const known = message && !conversation ? this.#journal.look(message.conversationId) : undefined
    if (!message || known?.lastMessage?.id !== message.id) return announcement
    return { ...announcement, conversation: { ...known, lastMessage: { ...known.lastMessage, state: message.state ?? null } } }
  }

  /** Adds the API's answer to a message that was written here. */
  accept(message: Message): void {
    const thread = this.#client.getQueryData<MessagePages>(keys.messages(message.conversationId))
    if (thread && !find<Message, MessageList>(thread, message.id)) this.#brought.add(message.id)
    this.#client.setQueryData<MessagePages>(keys.messages(message.conversationId), (thread) =>
      thread ? upsertMessage(thread, message) : thread,
    )
  }

  /** The newest known state of a conversation, with the changes that are still pending. */
  look(id: string): Conversation | undefined {
    const newest = this.#journal.look(id)
    return newest && this.#wished(newest)
  }

  /**
   * Where the list on the screen has it, from 0; -1 if it does not. A contact's previous conversations beside another
   * conversation do not count.
   */
  placeInList(id: string): number {
    const lists = this.#client.getQueryCache().findAll({ queryKey: ['conversations'], type: 'active' })
    for (const query of lists) {
      const key = keyOf(query)
      const list = query.state.data as ConversationPages | undefined
      if (key[0] !== 'conversations' || list === undefined || key[1].contactId) continue
      const place = rowsOf<Conversation>(list).findIndex((row) => row.id === id)
      if (place !== -1) return place
    }
    return -1
  }

  /**
   * What a person looking at a conversation has seen. Returns null until all of it is loaded. An answer, such as to a
   * change, may know of messages that the thread does not have yet; then its tag is not that of what was seen.
   */
  seen(id: string): Seen | null {
    const thread = this.#client.getQueryData<MessagePages>(keys.messages(id))
    const conversation = this.#journal.look(id) ?? this.#client.getQueryData<Conversation>(keys.conversation(id))
    if (!thread || !conversation) return null
    const messages = messagesOf(thread).map((message) => message.id)
    const last = conversation.lastMessage?.id
    const all = last === undefined || (messages.includes(last) && !this.#brought.has(last))
    return { tag: all ? tagOf(conversation.updatedAt) : NO_TAG, messages: messages.slice(-MOST_SEEN) }
  }

  /** Shows a change, until it is settled. */
  wish(wish: Wish): void {
    const { conversationId: id } = wish
    this.#wishes.set(id, [...(this.#wishes.get(id) ?? []), wish])
    this.#show(id)
  }

  /** Ends a change: with the API's answer, or without one back to what was last known. */
  settle(wish: Wish, answer?: Conversation): void {
    const { conversationId: id } = wish
    const left = (this.#wishes.get(id) ?? []).filter((one) => one !== wish)
    if (left.length > 0) this.#wishes.set(id, left)
    else this.#wishes.delete(id)
    if (answer) this.#journal.newest(answer, this.#journal.sequenceOf(null))
    this.#show(id)
    // Only the API can tell whether a search still finds it.
    void this.#client.invalidateQueries({ predicate: isSearch })
  }

  /** Removes a message that was taken back. */
  withdraw({ id, conversationId }: Message): void {
    this.#withdrawn.add(id)
    this.#client.setQueryData<MessagePages>(keys.messages(conversationId), (thread) =>
      thread ? withoutMessage(thread, id) : thread,
    )
  }

  /** Loads a thread again in the background, because nothing said what became of a message. */
  reread(conversationId: string): void {
    void this.#client.invalidateQueries({ queryKey: keys.messages(conversationId), exact: true })
  }

  /**
   * The stream has caught up to this position. Loads again what was read before the journal began, and what could not
   * be read while the API did not answer.
   */
  ready(position: Position): void {
    this.#journal.ready(position)
    for (const query of this.#client.getQueryCache().getAll()) {
      const missing = query.state.data === undefined ? isUnanswered(query) : isLive(query) && this.#journal.since(placeOf(query)) === null
      if (missing) void this.#asking.now(query)
    }
  }

  /** There is a gap before this position: loads everything again in the background. */
  reset(position: Position): void {
    this.#journal.reset(position)
    // Chatwoot may have sent something since; the row then shows that it exists.
    this.deleted.set(new Set())
    this.doubt()
  }

  /** Loads everything again in the background, contacts too, because events about them may have been missed. */
  doubt(): void {
    void this.#client.invalidateQueries({ predicate: (query) => isLive(query) || query.queryKey[0] === 'contact' })
  }

  /** Loads again what was refused because of missing permissions: roles may have changed since. */
  retryRefused(): void {
    void this.#client.invalidateQueries({ predicate: ({ state }) => state.status === 'error' && Failure.from(state.error).status === 403 })
  }

  /** Brings a new answer up to date with the events since its position. */
  #join(query: Query): void {
    const place = placeOf(query)
    const sequence = this.#journal.sequenceOf(place)
    if (query.queryKey[0] === 'conversations') {
      for (const row of rowsOf<Conversation>(query.state.data as ConversationPages)) {
        this.#journal.newest(row, sequence)
      }
      for (const id of this.#wishes.keys()) this.#showIn(query, id)
    }
    // A further page says nothing about the newest messages.
    if (query.queryKey[0] === 'messages' && !query.state.fetchMeta?.fetchMore) {
      for (const { id } of messagesOf(query.state.data as MessagePages)) this.#brought.delete(id)
    }
    if (query.queryKey[0] === 'conversation') {
      const conversation = query.state.data as Conversation
      this.#set(query, this.#wished(this.#journal.newest(conversation, sequence)))
      return
    }
    const missed = this.#journal.since(place) ?? this.#journal.since(this.#placeOfFurther(query))
    if (missed === null) {
      // Without a position it is as good as it gets: the API cannot reach its stream.
      if (readPosition(place)) this.#asking.apart(query)
      return
    }
    this.#asking.joined(query)
    for (const heard of missed) this.#apply(query, heard)
  }

  /**
   * A further page of a timeline reflects its own position, and the pages before it those events that came before it
   * was asked for. These pages may have been loaded long ago: whoever walks far does not have to begin anew.
   */
  #placeOfFurther(query: Query): string | null {
    if (query.queryKey[0] !== 'activity' || !query.state.fetchMeta?.fetchMore || query.state.isInvalidated) return null
    const { pages } = query.state.data as ActivityPages
    return earliest([pages.at(-1)?.position.activity, this.#begun.get(query)])
  }

  #apply(query: Query, { sequence, announcement }: Heard): void {
    const place = isLive(query) ? readPosition(placeOf(query)) : null
    const known = place !== null && sequence <= place.sequence
    const { conversation, message, conversationId } = announcement
    if (lacksFor(query, announcement) && !known) this.#asking.often(query)
    const key = keyOf(query)
    switch (key[0]) {
      case 'conversations': {
        const list = query.state.data as ConversationPages
        if (conversationId && this.deleted.get().has(conversationId)) {
          this.#set(query, without<Conversation, ConversationPage>(list, conversationId))
          return
        }
        if (!conversation) return
        const newest = this.#wished(this.#journal.newest(conversation, sequence))
        if (known) return
        this.#list(query, key[1], newest)
        if (mayBeFound(list, key[1], newest, mineOf(this.#client) ?? undefined)) this.#asking.often(query)
        return
      }
      case 'conversation':
        if (conversation?.id === key[1]) {
          this.#set(query, this.#wished(this.#journal.newest(conversation, sequence)))
        }
        return
      case 'messages':
        if (conversationId !== key[1]) return
        if (withdrawnBy(announcement)) {
          const thread = query.state.data as MessagePages
          this.#set(query, withoutMessage(thread, withdrawnBy(announcement) ?? ''))
        }
        if (message && (message.chatwootId != null || !this.#withdrawn.has(message.id))) {
          this.#set(query, upsertMessage(query.state.data as MessagePages, message))
        }
        return
      case 'activity': {
        const { conversation: _row, message: _text, approval: _asked, omitted: _lacking, ...activity } = announcement
        const list = addActivity(query.state.data as ActivityPages, key[1], activity)
        this.#set(query, known ? list : withNames(list, announcement))
        return
      }
      case 'approvals':
      case 'approval':
        if (!known) this.#set(query, withNames(query.state.data as Approval, announcement))
    }
  }

  /** Updates a list with the state of a conversation. If it is not known yet who `me` is, the list is loaded again. */
  #list(query: Query, filter: ConversationFilter, conversation: Conversation): void {
    const list = query.state.data as ConversationPages
    const mine = filter.assigneeId === 'me' ? mineOf(this.#client) : undefined
    if (mine === null) {
      this.#asking.often(query)
      return
    }
    this.#set(query, upsertConversation(list, filter, conversation, mine))
  }

  #wished(conversation: Conversation): Conversation {
    const wishes = this.#wishes.get(conversation.id) ?? []
    return wishes.reduce((row, wish) => wish.over(row), conversation)
  }

  /** Updates a conversation wherever it shows or should show. */
  #show(id: string): void {
    for (const query of this.#client.getQueryCache().getAll()) {
      if (query.state.data !== undefined) this.#showIn(query, id)
    }
  }

  #showIn(query: Query, id: string): void {
    const conversation = this.look(id)
    if (!conversation) return
    const key = keyOf(query)
    if (key[0] === 'conversations') {
      if (this.deleted.get().has(id)) return
      this.#list(query, key[1], conversation)
    } else if (key[0] === 'conversation' && key[1] === id) {
      this.#set(query, conversation)
    }
  }

  #set(query: Query, data: unknown): void {
    if (data === query.state.data) return
    this.#client.setQueryData(query.queryKey, data, { updatedAt: query.state.dataUpdatedAt })
  }
}

function isSearch(query: Query): boolean {
  const key = keyOf(query)
  return key[0] === 'conversations' && key[1].search !== undefined
}

function isOf({ queryKey: [what, id] }: Query, conversationId: string | null | undefined): boolean {
  return what === 'conversation' && id === conversationId
}

function isLive(query: Query): boolean {
  return LIVE.has(query.queryKey[0])
}

/** Whether nobody answered. What was refused would be refused again. */
function isUnanswered({ state: { status, error } }: Query): boolean {
  return status === 'error' && Failure.from(error).passing
}

/** The stream position that the whole of an answer reflects. */
function placeOf(query: Query): string | null {
  const data = query.state.data as Partial<Paged<Placed> & Placed> | undefined
  if (data?.pages) return earliest(data.pages.map((page) => page.position.activity))
  return data?.position?.activity ?? null
}
