/** Requests for approval, and decisions on them. */
import { answerOf, client } from '../api/client.ts'
import { approvalTag } from '../api/tag.ts'
import type { Approval } from '../api/types.ts'

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

/**
 * Decides a request as this person has read it; if it has changed since, the API refuses. With `content`, that text is
 * sent instead of the proposed one.
 */
export async function decide(
  approval: Approval,
  { status, words, content }: { status: 'approved' | 'rejected'; words: string; content?: string },
): Promise<Approval> {
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
