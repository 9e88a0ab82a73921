/** Requests for approval, and decisions on them. */
import type { QueryClient } from '@tanstack/react-query'

import { answerOf, client } from '../api/client.ts'
import { approvalTag } from '../api/tag.ts'
import type { Approval, ApprovalFilter, ApprovalList } from '../api/types.ts'

import { keys } from './keys.ts'
import { find, type Paged, replaced, without } from './pages.ts'
import { Unanswered } from './unanswered.ts'

const unanswered = new Unanswered()

/** Escalates a conversation. Asking again before there is an answer repeats the same request. */
export async function escalate(id: string, reason: string): Promise<Approval> {
  return await unanswered.ask(['escalate', id], (key) =>
    answerOf(
      client.POST('/api/v1/conversations/{id}/escalate', {
        params: { path: { id }, header: { 'Idempotency-Key': key } },
        body: { reason },
      }),
    ),
  )
}

/** Asks for approval of a reply. Asking again before there is an answer repeats the same request. */
export async function propose(conversationId: string, content: string, reason: string): Promise<Approval> {
  return await unanswered.ask(['propose', conversationId], (key) =>
    answerOf(
      client.POST('/api/v1/approvals', {
        params: { header: { 'Idempotency-Key': key } },
        body: { conversationId, type: 'proposed_reply', reason, metadata: { content } },
      }),
    ),
  )
}

export interface Decision {
  status: 'approved' | 'rejected'
  words: string
  /** What is to be sent instead of the proposed reply. */
  content?: string
}

/** Decides a request as this person has read it; if it has changed since, the API refuses. */
export async function decide(approval: Approval, { status, words, content }: Decision): Promise<Approval> {
  return await answerOf(
    client.PATCH('/api/v1/approvals/{id}', {
      params: { path: { id: approval.id }, header: { 'If-Match': approvalTag(approval) } },
      body: { status, ...(words !== '' && { decision: words }), ...(content !== undefined && { content }) },
    }),
  )
}

export async function withdrawApproval({ id }: Approval): Promise<Approval> {
  return await answerOf(client.DELETE('/api/v1/approvals/{id}', { params: { path: { id } } }))
}

/** Shows a request as the API says it is now. Lists are loaded again when its event comes; it leaves them before that. */
export function showApproval(queries: QueryClient, now: Approval): void {
  queries.setQueryData(keys.approval(now.id), now)
  for (const { queryKey, state } of queries.getQueryCache().findAll({ queryKey: ['approvals'] })) {
    const list = state.data as ApprovalList | Paged<ApprovalList> | undefined
    if (!list) continue
    const paged = 'pages' in list ? list : { pages: [list], pageParams: [null] }
    const left = inPlace(paged, queryKey.at(-1) as ApprovalFilter, now)
    queries.setQueryData(queryKey, 'pages' in list ? left : left.pages[0], { updatedAt: state.dataUpdatedAt })
  }
  void queries.invalidateQueries({ queryKey: ['approvals'], type: 'inactive', refetchType: 'none' })
}

function inPlace(list: Paged<ApprovalList>, { waitingFor, status }: ApprovalFilter, now: Approval): Paged<ApprovalList> {
  const leaves = waitingFor != null ? now.status !== 'submitted' : status != null && status !== now.status
  if (leaves) return without<Approval, ApprovalList>(list, now.id)
  const before = find<Approval, ApprovalList>(list, now.id)
  return before ? replaced<Approval, ApprovalList>(list, { ...now, about: now.about ?? before.about ?? null }) : list
}
