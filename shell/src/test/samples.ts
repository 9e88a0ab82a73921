import type { About, Announcement, Approval, Conversation, Message } from '../api/types.ts'

let counter = 0

export function uuid(number = ++counter): string {
  return `00000000-0000-8000-8000-${number.toString(16).padStart(12, '0')}`
}

export function instant(second: number, micros = 0): string {
  const at = new Date(Date.UTC(2026, 8, 1, 9, 0, second)).toISOString().slice(0, 19)
  return micros === 0 ? `${at}Z` : `${at}.${micros.toString().padStart(6, '0')}Z`
}

export function aConversation(given: Partial<Conversation> = {}): Conversation {
  return {
    id: uuid(),
    accountId: uuid(1),
    chatwootId: 7,
    status: 'open',
    priority: null,
    channel: 'Channel::WebWidget',
    inboxId: 3,
    contact: { id: uuid(), name: 'Paula Probe', thumbnail: null },
    assignee: null,
    team: null,
    labels: [],
    deleted: false,
    canReply: true,
    unreadCount: 0,
    lastMessage: null,
    snoozedUntil: null,
    waitingSince: null,
    firstReplyAt: null,
    lastActivityAt: instant(0),
    createdAt: instant(0),
    updatedAt: instant(0),
    customAttributes: {},
    ...given,
  }
}

export function aMessage(given: Partial<Message> = {}): Message {
  const id = given.id ?? uuid()
  return {
    id,
    conversationId: uuid(1),
    // Of its own, as its id is.
    chatwootId: Number.parseInt(id.slice(-12), 16),
    messageType: 'incoming',
    contentType: 'text',
    content: 'Is my parcel on its way?',
    contentAttributes: {},
    private: false,
    deleted: false,
    sender: { type: 'contact', id: 5, name: 'Paula Probe' },
    attachments: [],
    state: null,
    stateReason: null,
    attempts: 0,
    nextAttemptAt: null,
    clientId: null,
    createdAt: instant(0),
    updatedAt: instant(0),
    ...given,
  }
}

export function anAnnouncement(given: Partial<Announcement> = {}): Announcement {
  return {
    id: uuid(),
    type: 'conversation_updated',
    source: 'chatwoot',
    accountId: uuid(1),
    conversationId: given.conversation?.id ?? given.message?.conversationId ?? null,
    actor: null,
    occurredAt: instant(0),
    data: {},
    ...given,
  }
}

/** Whom something of conversation #7 concerns. */
export function anAbout(given: Partial<About> = {}): About {
  return { chatwootConversationId: 7, channel: 'Channel::WebWidget', contact: { id: uuid(), name: 'Paula Probe' }, ...given }
}

export function anApproval(given: Partial<Approval> = {}): Approval {
  return {
    id: uuid(),
    conversationId: uuid(),
    type: 'refund',
    status: 'submitted',
    reason: 'It arrived broken.',
    metadata: {},
    snapshot: {},
    stale: false,
    requestedBy: 'Ana Beispiel',
    requestedById: 'ana',
    createdAt: instant(0),
    updatedAt: instant(0),
    ...given,
  }
}
