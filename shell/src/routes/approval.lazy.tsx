import { createLazyRoute } from '@tanstack/react-router'

import { Approval } from '#features/approvals/Approval.tsx'

export const Route = createLazyRoute('/approvals/$id')({ component: ApprovalScreen })

function ApprovalScreen() {
  return <Approval id={Route.useParams().id} />
}
