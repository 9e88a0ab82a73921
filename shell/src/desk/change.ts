/** Changes of a conversation: as requests to the API, and as they show until it answers. */
import type { Conversation, UpdateConversation } from '#api/types.ts'

/** An agent or a team. In another account the same number means somebody else, or nobody. */
export interface Named {
  readonly id: number
  readonly name: string | null
  readonly accountId: string
}

/** Converts an entry of an account's catalogue. */
export function namedOf(one: { accountId: string; chatwootId: number; name?: string | null }): Named {
  return { id: one.chatwootId, name: one.name ?? null, accountId: one.accountId }
}

/** What is to change; a field that is left out stays. Labels are added and removed, so that those of others stay. */
export interface Change {
  readonly status?: NonNullable<UpdateConversation['status']>
  readonly snoozedUntil?: string | null
  readonly priority?: UpdateConversation['priority']
  readonly assignee?: Named | null
  readonly team?: Named | null
  readonly add?: readonly string[]
  readonly remove?: readonly string[]
}

/** Whether a change can be made: agents and teams only fit conversations of their own account. */
export function fits({ assignee, team }: Change, { accountId }: Conversation): boolean {
  return [assignee, team].every((one) => !one || one.accountId === accountId)
}

export function isAboutLabels({ add, remove }: Change): boolean {
  return add !== undefined || remove !== undefined
}

/** The request for a change of a conversation that has these labels. */
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

/** The conversation with the change made. */
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

/** The change that undoes this one. */
export function reverse(change: Change, before: Conversation): Change {
  const named = (one: { id: number; name?: string | null } | null | undefined) =>
    one ? { id: one.id, name: one.name ?? null, accountId: before.accountId } : null
  return {
    ...(change.status !== undefined && {
      status: before.status as NonNullable<Change['status']>,
      snoozedUntil: before.snoozedUntil ?? null,
    }),
    ...(change.priority !== undefined && { priority: (before.priority ?? null) as NonNullable<Change['priority']> | null }),
    // Only people are assigned here. A bot may have the same number as one of them.
    ...(change.assignee !== undefined && { assignee: before.assignee?.type === 'agent_bot' ? null : named(before.assignee) }),
    ...(change.team !== undefined && { team: named(before.team) }),
    ...(change.add && { remove: change.add.filter((label) => !before.labels.includes(label)) }),
    ...(change.remove && { add: change.remove.filter((label) => before.labels.includes(label)) }),
  }
}

function relabelled({ add = [], remove = [] }: Change, labels: readonly string[]): string[] {
  return [...new Set([...labels, ...add])].filter((label) => !remove.includes(label)).sort()
}
