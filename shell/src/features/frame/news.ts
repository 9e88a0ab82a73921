/** News as toasts. */
import type { Approval } from '#api/types.ts'
import type { Person } from '#auth/session.ts'
import { notSent } from '#desk/notSent.ts'
import { nameOf, refusedCommand } from '#desk/words.ts'
import type { News } from '#live/news.ts'
import type { Toast } from '#ui/toasts.ts'

/** Where the person is, and what they see there. */
export interface At {
  readonly pathname: string
  /** The conversation that is shown beside an open request for approval. */
  readonly beside: string | undefined
  /** Whether the list is beside the open conversation. */
  readonly wide: boolean
  readonly person: Person
  /** Whether a list on the screen shows this conversation. */
  readonly isListed: (id: string) => boolean
  /** The name of a conversation's contact, if it is known. */
  readonly nameOf: (id: string) => string | null | undefined
}

const conversation = (label: string, id: string) =>
  ({ label, at: { to: '/inbox/$id', params: { id }, search: { status: 'any' } } }) as const
const approval = (label: string, id: string) => ({ label, at: { to: '/approvals/$id', params: { id } } }) as const

/** A toast, and what it opens. */
export interface Told extends Omit<Toast, 'action'> {
  readonly opens?: ReturnType<typeof conversation> | ReturnType<typeof approval>
}

/** The key of the toast about this request for approval. */
const asked = (id: string) => `approval ${id}`

/** The key of a toast that the news makes untrue: it asked for a decision that somebody has made. */
export function outdatedBy(news: News, { person }: Pick<At, 'person'>): string | null {
  if (news.kind !== 'approval') return null
  const { id, status, requestedById } = news.approval
  // Whoever asked was told of the decision by a toast of that key.
  return status === 'submitted' || requestedById === person.id ? null : asked(id)
}

/** A note goes to nobody. */
function failed(note: boolean, name: string): string {
  return note ? `Note not saved: ${name}` : `Not sent to ${name}`
}

/** The toast for some news. Returns null if the person sees it anyway, or it does not concern them. */
export function toastOf(news: Exclude<News, { kind: 'sent' | 'settled' }>, at: At): Told | null {
  const sees = (id: string) => at.pathname.endsWith(id) || at.beside === id
  switch (news.kind) {
    case 'undone': {
      const { id: key, conversationId: id, data } = news.announcement
      return {
        key: `undone ${key}`,
        title: refusedCommand(data.command),
        detail: typeof data.reason === 'string' ? data.reason : 'Chatwoot refused it',
        ...(id && { opens: conversation('Show', id) }),
        bad: true,
      }
    }
    case 'held-up': {
      const { clientId: about, conversationId: id, private: note, state, reason } = news.written
      if (sees(id)) return null
      return {
        key: notSent(id),
        about,
        title: failed(note, at.nameOf(id) ?? 'the customer'),
        detail: state === 'overtaken' ? 'Someone else wrote before it was sent' : (reason ?? 'It was refused'),
        opens: conversation('Show', id),
        bad: true,
      }
    }
    case 'approval':
      return sees(news.approval.id) ? null : toldOfApproval(news.type, news.approval, at.person)
    case 'not-sent': {
      const { id } = news.conversation
      if (sees(id)) return null
      return {
        key: notSent(id),
        about: news.message.id,
        title: failed(news.message.private, nameOf(news.conversation)),
        detail: news.message.stateReason ?? `Chatwoot refused the ${news.message.private ? 'note' : 'reply'}`,
        opens: conversation('Show', id),
        bad: true,
      }
    }
    case 'message': {
      const { id } = news.conversation
      if (sees(id) || (listIsSeen(at) && at.isListed(id))) return null
      return {
        key: 'messages',
        title: `New message from ${nameOf(news.conversation)}`,
        detail: (news.message.content ?? '') || 'Attachment',
        opens: conversation('Open', id),
      }
    }
  }
}

function toldOfApproval(type: string, request: Approval, person: Person): Told | null {
  const { id, status, reason, requestedBy, requestedById, decidedBy, decision } = request
  const own = requestedById === person.id
  const told = { key: asked(id), opens: approval('Open', id) }
  if (type === 'approval_submitted' && status === 'submitted' && !own && person.may('approvals:decide')) {
    return { ...told, title: `${requestedBy} asks for approval`, detail: reason }
  }
  if (own && (type === 'approval_approved' || type === 'approval_rejected')) {
    const title = `${status === 'approved' ? 'Approved' : 'Rejected'} by ${decidedBy ?? 'someone'}`
    return { ...told, title, detail: decision ?? reason }
  }
  return null
}

/** Whether the inbox is visible, which shows new messages of its conversations itself. */
function listIsSeen({ pathname, wide }: At): boolean {
  return pathname === '/inbox' || (pathname.startsWith('/inbox/') && wide)
}
