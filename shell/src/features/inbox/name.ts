import { titled } from '#ui/words.ts'

import type { Catalogue } from './Filters.tsx'
import type { View } from './view.ts'

/** The title of a view: everything that it is filtered by. */
export function viewName({ search, status, assigneeId, priority, teamId, label, inboxId }: View, catalogue: Catalogue): string {
  const named = (options: Catalogue['teams'], id: string | number, otherwise: string) =>
    options.find(({ value }) => value === String(id))?.label ?? otherwise
  const parts = [
    search !== undefined && `“${search}”`,
    status !== undefined && (status === 'any' ? 'All conversations' : titled(status)),
    assigneeId !== undefined && assigned(assigneeId, named(catalogue.agents, assigneeId, `agent ${assigneeId}`)),
    priority !== undefined && (priority === 'none' ? 'No priority' : `${titled(priority)} priority`),
    teamId !== undefined && named(catalogue.teams, teamId, `Team ${teamId}`),
    label,
    inboxId !== undefined && named(catalogue.inboxes, inboxId, `Channel ${inboxId}`),
  ]
  return parts.filter(Boolean).join(' · ') || 'Inbox'
}

function assigned(id: string, name: string): string {
  if (id === 'none') return 'Unassigned'
  if (id === 'any') return 'Assigned'
  return `Assigned to ${id === 'me' ? 'me' : name}`
}
