import { createLazyRoute } from '@tanstack/react-router'

import { Approvals } from '#features/approvals/Approvals.tsx'
import { readApprovalsView } from '#features/approvals/view.ts'

export const Route = createLazyRoute('/approvals')({ component: ApprovalsScreen })

function ApprovalsScreen() {
  return <Approvals view={Route.useSearch({ select: readApprovalsView, structuralSharing: true })} />
}
