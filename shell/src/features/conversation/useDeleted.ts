import { useInfiniteQuery } from '@tanstack/react-query'

import { session } from '#auth/session.ts'
import { endsDeleted } from '#live/activity.ts'
import { useHeardDeleted } from '#live/live.ts'
import { activityQuery } from '#live/queries.ts'

/** Whether Chatwoot has deleted it: as was heard, or, if that was before this page was opened, as its timeline says. */
export function useDeleted(conversationId: string): boolean {
  const heard = useHeardDeleted(conversationId)
  const enabled = session().person.may('activity:read')
  const told = useInfiniteQuery({ ...activityQuery({ conversationId }), select: endsDeleted, enabled }).data
  return heard || told === true
}
