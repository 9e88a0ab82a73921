import { createLazyRoute } from '@tanstack/react-router'

import { Approval } from '#features/approvals/Approval.tsx'
import { Reading } from '#features/conversation/Reading.tsx'

export const Route = createLazyRoute('/approvals/$id')({ component: ApprovalScreen })

function ApprovalScreen() {
  const { id } = Route.useParams()
  return <Approval key={id} id={id} thread={(conversationId) => <Reading id={conversationId} />} />
}
