import type { ConversationFilter, ConversationSort } from '#api/types.ts'
import { compact } from '#base/compact.ts'

/** What the inbox shows, as stored in the address. Without a status it shows open conversations; `any` shows all. */
export interface View {
  status?: string
  priority?: string
  assigneeId?: string
  teamId?: number
  label?: string
  inboxId?: number
  search?: string
  sort?: ConversationSort
}

export const SORTS: Record<ConversationSort, string> = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  waiting: 'Waiting longest',
  priority: 'Priority',
}

/** Reads an address, leaving out what is invalid. */
export function readView(search: Record<string, unknown>): View {
  const text = (name: keyof View) => {
    const value = search[name]
    if (typeof value !== 'string' && typeof value !== 'number') return undefined
    const trimmed = String(value).trim().slice(0, 200)
    return trimmed === '' ? undefined : trimmed
  }
  const number = (name: keyof View) => {
    const value = Number(text(name) ?? Number.NaN)
    return Number.isSafeInteger(value) ? value : undefined
  }
  const assigneeId = text('assigneeId')
  const sort = text('sort')
  return compact<View>({
    status: text('status'),
    priority: text('priority'),
    assigneeId: assigneeId && /^(me|none|any|\d+)$/.test(assigneeId) ? assigneeId : undefined,
    teamId: number('teamId'),
    label: text('label'),
    inboxId: number('inboxId'),
    search: text('search'),
    sort: sort && sort !== 'newest' && Object.hasOwn(SORTS, sort) ? (sort as ConversationSort) : undefined,
  })
}

export function changed(view: View, change: { [K in keyof View]?: View[K] | undefined }): View {
  return compact<View>({ ...view, ...change })
}

/** The API's filter for a view. */
export function filterOf({ status, ...rest }: View): ConversationFilter {
  if (status === 'any') return rest
  return { status: status ?? 'open', ...rest }
}

/** Whether it shows anything but all open conversations. */
export function isNarrowed({ sort: _sort, ...rest }: View): boolean {
  return Object.keys(rest).length > 0
}
