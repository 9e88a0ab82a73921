import { createLazyRoute } from '@tanstack/react-router'

import { Approvals } from '#features/approvals/Approvals.tsx'

export const Route = createLazyRoute('/approvals')({ component: ApprovalsScreen })

function ApprovalsScreen() {
  return <Approvals view={Route.useSearch()} />
}
