/** Timelines, newest first. What happened never changes, so a line is added once or not at all. */
import type { QueryClient } from '@tanstack/react-query'

import { compareInstants, compareText } from '../api/instant.ts'
import type { Activity, ActivityFilter, ActivityList } from '../api/types.ts'

import { keys } from './keys.ts'
import { find, type Paged, placed, rowsOf } from './pages.ts'

/** A page, and events that came while it was the last one and belong after its rows: only the next page shows where. */
export interface ActivityPage extends ActivityList {
  late?: readonly Activity[]
}

export type ActivityPages = Paged<ActivityPage>

/** How many of these late lines a page keeps, the newest. Those far beyond its cursor come with a later page anyway. */
const MOST_LATE = 100

function order(a: Activity, b: Activity): number {
  return compareInstants(b.occurredAt, a.occurredAt) || compareText(b.id, a.id)
}

function matches(filter: ActivityFilter, activity: Activity): boolean {
  // A refresh says that a row looks different; it is no line of the timeline.
  if (activity.type === 'conversation_refreshed' || activity.type === 'contact_refreshed') return false
  const types = filter.type?.split(',').map((type) => type.trim()).filter(Boolean) ?? []
  if (types.length > 0 && !types.includes(activity.type)) return false
  if (filter.source && activity.source !== filter.source) return false
  if (filter.conversationId && activity.conversationId !== filter.conversationId) return false
  if (filter.accountId && activity.accountId !== filter.accountId) return false
  if (!filter.actor) return true
  const { type = '', id = null } = activity.actor ?? {}
  return filter.actor === type || filter.actor === `${type}:${id ?? ''}`
}

export function addActivity(list: ActivityPages, filter: ActivityFilter, activity: Activity): ActivityPages {
  if (!matches(filter, activity) || find<Activity, ActivityPage>(list, activity.id)) return list
  const end = endOf(list)
  return end && order(activity, end) > 0 ? keptLate(list, activity) : placed(list, activity, order, end)
}

/**
 * The last loaded line, if there are more to load. The last page may have no rows, although there are others after it.
 */
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

/** All lines, newest first, each once. A late line shows once the lines after it are loaded, or if there are none. */
export function linesOf(list: { pages: ActivityPage[] }): Activity[] {
  const lines = rowsOf<Activity>(list)
  const late = list.pages.flatMap((page) => page.late ?? [])
  if (late.length === 0) return lines
  const end = endOf(list)
  const there = new Set(lines.map(({ id }) => id))
  const known = late.filter((one) => !there.has(one.id) && (!end || order(one, end) < 0))
  return known.length > 0 ? [...lines, ...known].sort(order) : lines
}

/**
 * Drops all but the first page, which is loaded again: events have made it long, and it has to end where its cursor
 * says.
 */
export function shortenActivity(client: QueryClient, filter: ActivityFilter): void {
  const queryKey = keys.activity(filter)
  client.setQueryData<ActivityPages>(queryKey, (list) =>
    list ? { pages: list.pages.slice(0, 1), pageParams: list.pageParams.slice(0, 1) } : list,
  )
  void client.invalidateQueries({ queryKey, exact: true })
}

/** How many pages without a line follow the last one that has any. */
export function emptyAtEnd(client: QueryClient, filter: ActivityFilter): number {
  const pages = client.getQueryData<ActivityPages>(keys.activity(filter))?.pages ?? []
  return pages.length - 1 - pages.findLastIndex(({ data }) => data.length > 0)
}
