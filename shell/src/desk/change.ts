/** What people want of a conversation: as the API is asked for it, and as it shows meanwhile. */
import type { Conversation, UpdateConversation } from '#api/types.ts'

/** An agent or a team. The number means somebody else, or nobody, in every other account. */
export interface Named {
  readonly id: number
  readonly name: string | null
  readonly accountId: string
}

/** As the catalogue of an account has it. */
export function namedOf(one: { accountId: string; chatwootId: number; name?: string | null }): Named {
  return { id: one.chatwootId, name: one.name ?? null, accountId: one.accountId }
}

/** What is to be different; what is absent stays. Labels are put on and taken off, others' stay. */
export interface Change {
  readonly status?: NonNullable<UpdateConversation['status']>
  readonly snoozedUntil?: string | null
  readonly priority?: UpdateConversation['priority']
  readonly assignee?: Named | null
  readonly team?: Named | null
  readonly add?: readonly string[]
  readonly remove?: readonly string[]
}

/** Whether a conversation can become so: it is only given to those of its own account. */
export function fits({ assignee, team }: Change, { accountId }: Conversation): boolean {
  return [assignee, team].every((one) => !one || one.accountId === accountId)
}

export function isAboutLabels({ add, remove }: Change): boolean {
  return add !== undefined || remove !== undefined
}

/** What the API is asked for, of a conversation that has these labels. */
export function bodyOf(change: Change, labels: readonly string[]): UpdateConversation {
  const { status, snoozedUntil, priority, assignee, team } = change
  return {
    ...(status !== undefined && { status }),
    ...(status === 'snoozed' && snoozedUntil != null && { snoozedUntil }),
    ...(priority !== undefined && { priority }),
    ...(assignee !== undefined && { assigneeId: assignee?.id ?? null }),
    ...(team !== undefined && { teamId: team?.id ?? null }),
    ...(isAboutLabels(change) && { labels: relabelled(change, labels) }),
  }
}

/** The conversation as it will be. */
export function shownWith(change: Change, row: Conversation): Conversation {
  const { status, snoozedUntil = null, priority, assignee, team } = change
  return {
    ...row,
    ...(status !== undefined && { status, snoozedUntil: status === 'snoozed' ? snoozedUntil : null }),
    ...(priority !== undefined && { priority }),
    ...(assignee !== undefined && { assignee: assignee && { id: assignee.id, name: assignee.name, type: 'user' } }),
    ...(team !== undefined && { team: team && { id: team.id, name: team.name } }),
    ...(isAboutLabels(change) && { labels: relabelled(change, row.labels) }),
  }
}

/** The change that brings back what a conversation was before this one. */
export function reverse(change: Change, before: Conversation): Change {
  const named = (one: { id: number; name?: string | null } | null | undefined) =>
    one ? { id: one.id, name: one.name ?? null, accountId: before.accountId } : null
  return {
    ...(change.status !== undefined && {
      status: before.status as NonNullable<Change['status']>,
      snoozedUntil: before.snoozedUntil ?? null,
    }),
    ...(change.priority !== undefined && { priority: (before.priority ?? null) as NonNullable<Change['priority']> | null }),
    // Only people are given anything here, and a bot has the number of one of them.
    ...(change.assignee !== undefined && { assignee: before.assignee?.type === 'agent_bot' ? null : named(before.assignee) }),
    ...(change.team !== undefined && { team: named(before.team) }),
    ...(change.add && { remove: change.add.filter((label) => !before.labels.includes(label)) }),
    ...(change.remove && { add: change.remove.filter((label) => before.labels.includes(label)) }),
  }
}

function relabelled({ add = [], remove = [] }: Change, labels: readonly string[]): string[] {
  return [...new Set([...labels, ...add])].filter((label) => !remove.includes(label)).sort()
}
