/** Timelines, newest first. What happened never changes, so a line is added once or not at all. */
import type { QueryClient } from '@tanstack/react-query'

import { compareInstants } from '../api/instant.ts'
import type { Activity, ActivityFilter, ActivityList } from '../api/types.ts'

import { keys } from './keys.ts'
import { find, type Paged, placed } from './pages.ts'

export type ActivityPages = Paged<ActivityList>

function order(a: Activity, b: Activity): number {
  return compareInstants(b.occurredAt, a.occurredAt) || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
}

function matches(filter: ActivityFilter, activity: Activity): boolean {
  // Its row looks otherwise: that is no line.
  if (activity.type === 'conversation_refreshed') return false
  const types = filter.type?.split(',').map((type) => type.trim()).filter(Boolean) ?? []
  if (types.length > 0 && !types.includes(activity.type)) return false
  if (filter.source && activity.source !== filter.source) return false
  if (filter.conversationId && activity.conversationId !== filter.conversationId) return false
  if (!filter.actor) return true
  const { type = '', id = null } = activity.actor ?? {}
  return filter.actor === type || filter.actor === `${type}:${id ?? ''}`
}

export function addActivity(list: ActivityPages, filter: ActivityFilter, activity: Activity): ActivityPages {
  if (!matches(filter, activity) || find<Activity, ActivityList>(list, activity.id)) return list
  // A page may have no rows, and others after it.
  const more = list.pages.at(-1)?.page.nextCursor != null
  const end = more ? (list.pages.findLast(({ data }) => data.length > 0)?.data.at(-1) ?? null) : null
  return placed(list, activity, order, end)
}

/** Lets go of all but the beginning, which is read again: what was heard has made it long, and it ends where its cursor says. */
export function shortenActivity(client: QueryClient, filter: ActivityFilter): void {
  const queryKey = keys.activity(filter)
  client.setQueryData<ActivityPages>(queryKey, (list) =>
    list ? { pages: list.pages.slice(0, 1), pageParams: list.pageParams.slice(0, 1) } : list,
  )
  void client.invalidateQueries({ queryKey, exact: true })
}
