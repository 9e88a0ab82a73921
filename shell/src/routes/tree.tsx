/**
 * All routes. What is in an address and which data it needs is here; the screens are loaded on demand. The router
 * passes on whatever else an address contains, so screens read it once more (`select`), and nonsense never reaches the
 * API.
 */
import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, Link, Outlet, redirect } from '@tanstack/react-router'
import { Compass } from 'lucide-react'

import { readTimelineView } from '#features/activity/view.ts'
import { readApprovalsView } from '#features/approvals/view.ts'
import { Changes } from '#features/changes/Changes.tsx'
import { Frame } from '#features/frame/Frame.tsx'
import { filterOf, readView } from '#features/inbox/view.ts'
import { readOperationsView } from '#features/operations/view.ts'
import { conversationQuery, conversationsQuery, messagesQuery } from '#live/queries.ts'
import { Empty } from '#ui/State.tsx'

/** The screen that shows the data reports a failure. */
function begin(asked: Promise<unknown>): void {
  asked.catch(() => undefined)
}

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: () => (
    <Frame>
      <Outlet />
      <Changes />
    </Frame>
  ),
  notFoundComponent: () => (
    <Empty
      alone
      icon={Compass}
      title="This page does not exist"
      action={
        <Link to="/inbox" className="text-accent underline underline-offset-2">
          Go to the inbox
        </Link>
      }
    />
  ),
})

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to say it
    throw redirect({ to: '/inbox', replace: true })
  },
})

const inbox = createRoute({
  getParentRoute: () => root,
  path: 'inbox',
  validateSearch: readView,
  loaderDeps: ({ search }) => readView(search),
  // Started while the code of the screen is loading, and not awaited.
  loader: ({ context, deps }) => {
    begin(context.queryClient.infiniteQuery(conversationsQuery(filterOf(deps))))
  },
}).lazy(() => import('./inbox.lazy.tsx').then((screen) => screen.Route))

const inboxIndex = createRoute({
  getParentRoute: () => inbox,
  path: '/',
}).lazy(() => import('./inbox.index.lazy.tsx').then((screen) => screen.Route))

const conversation = createRoute({
  getParentRoute: () => inbox,
  path: '$id',
  loader: ({ context, params }) => {
    begin(context.queryClient.query(conversationQuery(context.queryClient, params.id)))
    begin(context.queryClient.infiniteQuery(messagesQuery(params.id)))
  },
}).lazy(() => import('./conversation.lazy.tsx').then((screen) => screen.Route))

const approvals = createRoute({
  getParentRoute: () => root,
  path: 'approvals',
  validateSearch: readApprovalsView,
}).lazy(() => import('./approvals.lazy.tsx').then((screen) => screen.Route))

const approval = createRoute({
  getParentRoute: () => root,
  path: 'approvals/$id',
  // The list that it was opened from, for the way back.
  validateSearch: readApprovalsView,
}).lazy(() => import('./approval.lazy.tsx').then((screen) => screen.Route))

const activity = createRoute({
  getParentRoute: () => root,
  path: 'activity',
  validateSearch: readTimelineView,
}).lazy(() => import('./activity.lazy.tsx').then((screen) => screen.Route))

const operations = createRoute({
  getParentRoute: () => root,
  path: 'operations',
  validateSearch: readOperationsView,
}).lazy(() => import('./operations.lazy.tsx').then((screen) => screen.Route))

export const tree = root.addChildren([
  home,
  inbox.addChildren([inboxIndex, conversation]),
  approvals,
  approval,
  activity,
  operations,
])
