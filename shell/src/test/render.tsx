import { QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'

import { LiveProvider } from '#live/context.ts'
import { Live } from '#live/live.ts'
import { createQueryClient } from '#live/queryClient.ts'

/** Renders something on a page of its own, with everything around it but the connection. */
export function show(what: ReactNode) {
  const queryClient = createQueryClient(false)
  const live = new Live(queryClient)
  const root = createRootRoute()
  const here = createRoute({ getParentRoute: () => root, path: '$', component: () => what })
  const router = createRouter({
    routeTree: root.addChildren([here]),
    history: createMemoryHistory({ initialEntries: ['/inbox'] }),
  })
  const { unmount } = render(
    <QueryClientProvider client={queryClient}>
      <LiveProvider value={live}>
        <RouterProvider router={router} />
      </LiveProvider>
    </QueryClientProvider>,
  )
  return { queryClient, live, router, unmount }
}
