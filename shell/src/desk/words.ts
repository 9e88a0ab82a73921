/** Names of conversations, and changes in words. */
import type { Conversation } from '#api/types.ts'

import type { Change } from './change.ts'

/** The name of a conversation: that of its contact, or else its number in Chatwoot. */
export function nameOf({ contact, chatwootId }: Pick<Conversation, 'contact' | 'chatwootId'>): string {
  return contact?.name ?? `Conversation ${chatwootId}`
}

export function told(change: Change): string {
  const { status, priority, assignee, team, add = [], remove = [] } = change
  switch (status) {
    case 'resolved':
      return 'Resolved'
    case 'snoozed':
      return 'Snoozed'
    case 'open':
      return 'Reopened'
    case 'pending':
      return 'Set to pending'
    case undefined:
      break
  }
  if (priority !== undefined) return priority === null ? 'Priority removed' : `Priority set to ${priority}`
  if (assignee !== undefined) return assignee ? `Assigned to ${assignee.name ?? 'an agent'}` : 'Unassigned'
  if (team !== undefined) return team ? `Given to ${team.name ?? 'a team'}` : 'Removed from its team'
  if (add.length > 0) return `Labelled ${add.join(', ')}`
  return remove.length > 0 ? `Label ${remove.join(', ')} removed` : 'Changed'
}

/** Says what was not done after Chatwoot refused this command. */
export function refusedCommand(command: unknown): string {
  switch (command) {
    case 'set_status':
      return 'The status was not changed'
    case 'set_priority':
      return 'The priority was not changed'
    case 'assign':
      return 'The assignee was not changed'
    case 'set_team':
      return 'The team was not changed'
    case 'set_labels':
      return 'The labels were not changed'
    case 'delete_message':
      return 'The message was not deleted'
    default:
      return 'A change was not made'
  }
}
