import { createLazyRoute, Outlet, useParams } from '@tanstack/react-router'

import { List } from '#features/inbox/List.tsx'
import { useWide } from '#ui/media.ts'
import { Resizable } from '#ui/Resizable.tsx'

export const Route = createLazyRoute('/inbox')({ component: InboxScreen })

function InboxScreen() {
  const view = Route.useSearch()
  const { id } = useParams({ strict: false })
  const panes = useWide(760)
  if (!panes) return id === undefined ? <List view={view} openId={undefined} /> : <Outlet />
  return (
    <div className="flex h-full min-h-0">
      <Resizable name="list" label="Width of the list" initial={340} least={280} most={520}>
        <List view={view} openId={id} />
      </Resizable>
      <div className="min-w-0 grow">
        <Outlet />
      </div>
    </div>
  )
}
