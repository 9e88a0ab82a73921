import { createLazyRoute, Outlet, useParams } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

import { List } from '#features/inbox/List.tsx'
import { Place } from '#features/inbox/place.ts'
import { readView } from '#features/inbox/view.ts'
import { PANES, useWide } from '#ui/media.ts'
import { Resizable } from '#ui/Resizable.tsx'

export const Route = createLazyRoute('/inbox')({ component: InboxScreen })

function InboxScreen() {
  const view = Route.useSearch({ select: readView, structuralSharing: true })
  const { id } = useParams({ strict: false })
  const panes = useWide(PANES)
  const [place] = useState(() => new Place())
  useEffect(() => {
    if (id !== undefined) place.open(id)
  }, [place, id])
  const list = <List view={view} openId={id} place={place} />
  // One layout for every width, so that the conversation stays as it is when the window is resized.
  return (
    <div className="flex h-full min-h-0">
      {panes ? (
        <Resizable name="list" label="Width of the list" initial={340} least={280} most={520}>
          {list}
        </Resizable>
      ) : (
        id === undefined && <div className="min-w-0 grow">{list}</div>
      )}
      {(panes || id !== undefined) && (
        <div className="min-w-0 grow">
          {!panes && <h1 className="sr-only">Inbox</h1>}
          <Outlet />
        </div>
      )}
    </div>
  )
}
