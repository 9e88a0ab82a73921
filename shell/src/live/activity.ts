/** Timelines, newest first. What happened never changes, so a line is added once or not at all. */
import type { QueryClient } from '@tanstack/react-query'

import { compareInstants, compareText } from '../api/instant.ts'
import type { Activity, ActivityFilter, ActivityList } from '../api/types.ts'

import { keys } from './keys.ts'
import { find, type Paged, placed, rowsOf } from './pages.ts'

/** A page, and what was heard while it was the last one and belongs behind its rows: only what comes next tells where. */
export interface ActivityPage extends ActivityList {
  late?: readonly Activity[]
}

export type ActivityPages = Paged<ActivityPage>

/** How many late lines of a page are kept, the newest: those far behind its cursor come with a later page. */
const MOST_LATE = 100

function order(a: Activity, b: Activity): number {
  return compareInstants(b.occurredAt, a.occurredAt) || compareText(b.id, a.id)
}

function matches(filter: ActivityFilter, activity: Activity): boolean {
  // A row looks otherwise: that is no line.
  if (activity.type === 'conversation_refreshed' || activity.type === 'contact_refreshed') return false
  const types = filter.type?.split(',').map((type) => type.trim()).filter(Boolean) ?? []
  if (types.length > 0 && !types.includes(activity.type)) return false
  if (filter.source && activity.source !== filter.source) return false
  if (filter.conversationId && activity.conversationId !== filter.conversationId) return false
  if (!filter.actor) return true
  const { type = '', id = null } = activity.actor ?? {}
  return filter.actor === type || filter.actor === `${type}:${id ?? ''}`
}

export function addActivity(list: ActivityPages, filter: ActivityFilter, activity: Activity): ActivityPages {
  if (!matches(filter, activity) || find<Activity, ActivityPage>(list, activity.id)) return list
  const end = endOf(list)
  return end && order(activity, end) > 0 ? keptLate(list, activity) : placed(list, activity, order, end)
}

/** The last line that was loaded, as long as others come after it; a page may have no rows, and others after it. */
function endOf(list: { pages: ActivityPage[] }): Activity | null {
  if (list.pages.at(-1)?.page.nextCursor == null) return null
  return list.pages.findLast(({ data }) => data.length > 0)?.data.at(-1) ?? null
}

function keptLate(list: ActivityPages, activity: Activity): ActivityPages {
  const last = list.pages.at(-1)
  if (!last || list.pages.some(({ late = [] }) => late.some(({ id }) => id === activity.id))) return list
  const late = [...(last.late ?? []), activity].sort(order).slice(0, MOST_LATE)
  return { ...list, pages: [...list.pages.slice(0, -1), { ...last, late }] }
}

/** All lines, newest first, each once. One that is late shows as soon as what comes after it is loaded, or nothing does. */
export function linesOf(list: { pages: ActivityPage[] }): Activity[] {
  const lines = rowsOf<Activity>(list)
  const late = list.pages.flatMap((page) => page.late ?? [])
  if (late.length === 0) return lines
  const end = endOf(list)
  const there = new Set(lines.map(({ id }) => id))
  const known = late.filter((one) => !there.has(one.id) && (!end || order(one, end) < 0))
  return known.length > 0 ? [...lines, ...known].sort(order) : lines
}

/** Lets go of all but the beginning, which is read again: what was heard has made it long, and it ends where its cursor says. */
export function shortenActivity(client: QueryClient, filter: ActivityFilter): void {
  const queryKey = keys.activity(filter)
  client.setQueryData<ActivityPages>(queryKey, (list) =>
    list ? { pages: list.pages.slice(0, 1), pageParams: list.pageParams.slice(0, 1) } : list,
  )
  void client.invalidateQueries({ queryKey, exact: true })
}
