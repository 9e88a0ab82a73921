import { createLazyRoute } from '@tanstack/react-router'

import { Activity } from '#features/activity/Activity.tsx'

export const Route = createLazyRoute('/activity')({ component: ActivityScreen })

function ActivityScreen() {
  return <Activity view={Route.useSearch()} />
}
