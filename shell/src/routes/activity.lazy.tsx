import { createLazyRoute } from '@tanstack/react-router'

import { Activity } from '#features/activity/Activity.tsx'
import { readTimelineView } from '#features/activity/view.ts'

export const Route = createLazyRoute('/activity')({ component: ActivityScreen })

function ActivityScreen() {
  return <Activity view={Route.useSearch({ select: readTimelineView, structuralSharing: true })} />
}
