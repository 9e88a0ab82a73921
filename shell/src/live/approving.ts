/** What is asked of those who decide, and what they decide. */
import { answerOf, client } from '../api/client.ts'
import { approvalTag } from '../api/tag.ts'
import type { Approval } from '../api/types.ts'

import { Unanswered } from './unanswered.ts'

const unanswered = new Unanswered()

/** Asks those who decide about a conversation; one request however often it is asked until there is an answer. */
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

/** Asks those who decide whether a reply may go out; one request however often it is asked until there is an answer. */
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

/** Decides what this person has read: as it was then, or not at all. With a text, that one goes out. */
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
