import { createLazyRoute } from '@tanstack/react-router'

import { Operations } from '#features/operations/Operations.tsx'

export const Route = createLazyRoute('/operations')({ component: OperationsScreen })

function OperationsScreen() {
  return <Operations view={Route.useSearch()} />
}
