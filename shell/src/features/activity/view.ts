import type { ActivityFilter } from '#api/types.ts'

/** What the timeline shows, as its address says it. */
export type TimelineView = Partial<Record<keyof Pick<ActivityFilter, 'type' | 'source' | 'conversationId'>, string>>

export function readTimelineView(search: Record<string, unknown>): TimelineView {
  const text = (name: keyof TimelineView) => {
    const value = search[name]
    return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined
  }
  const view = { type: text('type'), source: text('source'), conversationId: text('conversationId') }
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined))
}
