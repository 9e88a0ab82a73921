import { createLazyRoute } from '@tanstack/react-router'

import { Operations } from '#features/operations/Operations.tsx'
import { readOperationsView } from '#features/operations/view.ts'

export const Route = createLazyRoute('/operations')({ component: OperationsScreen })

function OperationsScreen() {
  return <Operations view={Route.useSearch({ select: readOperationsView, structuralSharing: true })} />
}
