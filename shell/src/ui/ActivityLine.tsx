import { Activity as Pulse, CircleDot, CirclePlus, ContactRound, type LucideIcon, MessageSquare, Send, ShieldCheck, Trash2, TriangleAlert } from 'lucide-react'

import type { Activity } from '../api/types.ts'

import { When } from './When.tsx'
import { Whom } from './Whom.tsx'
import { titled } from './words.ts'

/** The types that the timeline can be filtered by, with their names. */
export const ACTIVITY_TYPES: Record<string, { name: string; icon: LucideIcon }> = {
  message_created: { name: 'Messages', icon: MessageSquare },
  message_updated: { name: 'Message changes', icon: MessageSquare },
  message_delivered: { name: 'Delivered', icon: Send },
  message_read: { name: 'Read', icon: Send },
  message_failed: { name: 'Not delivered', icon: TriangleAlert },
  message_deleted: { name: 'Deletions', icon: Trash2 },
  message_queued: { name: 'Written here', icon: Send },
  message_state_changed: { name: 'Deliveries', icon: Send },
  message_delete_queued: { name: 'Deleted here', icon: Trash2 },
  conversation_change_queued: { name: 'Changed here', icon: CircleDot },
  conversation_created: { name: 'New conversations', icon: CirclePlus },
  conversation_status_changed: { name: 'Status changes', icon: CircleDot },
  conversation_updated: { name: 'Conversation changes', icon: CircleDot },
  contact_created: { name: 'New contacts', icon: ContactRound },
  contact_updated: { name: 'Contact changes', icon: ContactRound },
  command_settled: { name: 'Confirmations', icon: Send },
  command_failed: { name: 'Failures', icon: TriangleAlert },
}

/** Of replies and of notes, which their lines do not tell apart. */
const STATES: Record<string, string> = {
  queued: 'Message waiting to be sent',
  sending: 'Message is being sent',
  retrying: 'Message will be sent again',
  failed: 'Message not sent',
  unknown: 'Message may have been sent; checking',
}

type Facts = Record<string, unknown>

function text(facts: Facts, name: string): string | null {
  const value = facts[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}

/** `assignee_id` and `label_list` are Chatwoot's words. */
function attributeName(attribute: string): string {
  if (attribute === 'label_list' || attribute === 'cached_label_list') return 'labels'
  return attribute.replace(/_id$/, '').replaceAll('_', ' ')
}

function attributes(facts: Facts): string {
  const changes = Array.isArray(facts.changes) ? (facts.changes as Facts[]) : []
  const names = changes.map((change) => text(change, 'attribute')).filter((name) => name !== null)
  return names.length > 0 ? [...new Set(names.map(attributeName))].join(', ') : 'details'
}

/** The type of a request, to be added to a sentence. */
function asked(facts: Facts): string {
  const kind = text(facts, 'approvalType')
  return kind === null ? '' : `: ${titled(kind).toLowerCase()}`
}

/** Whose request it was. Old lines do not say. */
function request(facts: Facts): string {
  const name = text(facts, 'requestedBy')
  return name === null ? 'a request' : `the request of ${name}`
}

/** What happened, as a phrase after the actor's name, and as a sentence of its own if the actor is not known. */
function inWords(activity: Activity): [after: string, alone: string] {
  const facts: Facts = activity.data
  switch (activity.type) {
    case 'message_created':
      if (facts.private === true) return ['added a note', 'Note added']
      if (facts.messageType === 'incoming') return ['wrote a message', 'Message received']
      if (facts.messageType === 'outgoing') return ['replied', 'Reply sent']
      if (facts.messageType === 'template') return ['sent an automatic message', 'Automatic message sent']
      return ['recorded a change', 'Change recorded']
    case 'message_updated':
      return ['changed a message', 'Message changed']
    case 'message_failed':
      return ['had a message that was not delivered', 'Message not delivered']
    case 'message_deleted':
      return ['deleted a message', 'Message deleted']
    case 'message_queued':
      return facts.private === true ? ['wrote a note', 'Note written'] : ['wrote a reply', 'Reply written']
    case 'message_cancelled':
      return ['took back a message', 'Message taken back']
    case 'message_retried':
      return ['sent a message again', 'Message sent again']
    case 'message_retry_cancelled':
      return ['stopped sending a message again', 'Not sent again']
    case 'message_state_changed': {
      const state = text(facts, 'state') ?? ''
      const alone = STATES[state] ?? `Message ${state || 'moved on'}`
      return [`: ${alone.toLowerCase()}`, alone]
    }
    case 'conversation_created':
      return ['started a conversation', 'Conversation started']
    case 'conversation_status_changed': {
      const to = text(facts, 'to')
      return to ? [`set the status to ${to}`, `Status set to ${to}`] : ['changed the status', 'Status changed']
    }
    case 'conversation_updated': {
      const what = attributes(facts)
      return [`changed ${what}`, `${what.charAt(0).toUpperCase()}${what.slice(1)} changed`]
    }
    case 'conversation_change_queued': {
      const field = attributeName((text(facts, 'field') ?? 'details').replace('customAttributes', 'attributes'))
      const to = field === 'status' ? text(facts, 'to') : null
      return to
        ? [`set the status to ${to}`, `Status set to ${to}`]
        : [`changed ${field}`, `${titled(field)} changed`]
    }
    case 'conversation_read':
      return ['read the conversation', 'Conversation read']
    case 'conversation_unread':
      return ['marked the conversation as unread', 'Conversation marked as unread']
    case 'message_delete_queued':
      return ['deleted a message', 'Message deleted']
    case 'command_settled':
      return ['had a change confirmed by Chatwoot', 'Chatwoot confirmed a change']
    case 'command_failed':
      return ['had a change that was not made in Chatwoot', 'Change not made in Chatwoot']
    case 'approval_submitted': {
      const what = asked(facts)
      return [`asked for approval${what}`, `Approval requested${what}`]
    }
    case 'approval_approved': {
      const what = `${asked(facts)}${facts.edited === true ? ', with a different text' : ''}`
      return [`approved ${request(facts)}${what}`, `Request approved${what}`]
    }
    case 'approval_rejected':
      return [`rejected ${request(facts)}${asked(facts)}`, `Request rejected${asked(facts)}`]
    case 'approval_withdrawn':
      return [`withdrew a request${asked(facts)}`, `Request withdrawn${asked(facts)}`]
    case 'contact_created':
      return ['became a contact', 'Contact added']
    case 'contact_updated':
      return ['changed a contact', 'Contact changed']
    case 'widget_opened':
      return ['opened the chat window', 'Chat window opened']
    default:
      return [titled(activity.type).toLowerCase(), titled(activity.type)]
  }
}

function who(activity: Activity): string | null {
  const { actor } = activity
  if (!actor) return null
  if (actor.name) return actor.name
  if (actor.type === 'contact') return activity.about?.contact?.name ?? 'A customer'
  return actor.type === 'agent_bot' ? 'A bot' : 'A colleague'
}

interface ActivityLineProps {
  activity: Activity
  /** It stands beside its conversation, which need not be named. */
  beside?: boolean
}

/** One line of a timeline. */
export function ActivityLine({ activity, beside = false }: ActivityLineProps) {
  const Icon = activity.type.startsWith('approval')
    ? ShieldCheck
    : (ACTIVITY_TYPES[activity.type]?.icon ?? Pulse)
  const actor = who(activity)
  const [after, alone] = inWords(activity)
  const { about } = activity
  // Customers are not named twice for what they did themselves.
  const unnamed = activity.actor?.type === 'contact' && actor === about?.contact?.name
  const isSaid = !beside && about != null && (about.chatwootConversationId != null || (!unnamed && about.contact?.name != null))
  return (
    <div className="flex min-w-0 items-center gap-3">
      <span className="flex size-7 shrink-0 items-center justify-center rounded-full bg-sunken text-soft">
        <Icon aria-hidden className="size-3.5" />
      </span>
      {/* Two lines where there is little room. */}
      <p className="line-clamp-2 min-w-0 grow leading-snug">
        {/* A long name leaves room for what happened. */}
        {actor && <span dir="auto" className="inline-block max-w-2/3 truncate align-bottom font-medium">{actor}</span>}{' '}
        {actor ? <span className="text-soft">{after}</span> : alone}
        {isSaid && (
          <span className="text-soft">
            {' · '}
            <Whom about={about} unnamed={unnamed} />
          </span>
        )}
      </p>
      <When at={activity.occurredAt} className="shrink-0 text-xs text-faint tabular-nums" />
    </div>
  )
}
