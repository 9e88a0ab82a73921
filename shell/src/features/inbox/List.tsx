import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Inbox, SearchX } from 'lucide-react'
import { useCallback, useState } from 'react'

import type { Conversation } from '#api/types.ts'
import { again } from '#live/again.ts'
import { agentsQuery, conversationsQuery } from '#live/queries.ts'
import { useOffline } from '#live/status.ts'
import { Button } from '#ui/Button.tsx'
import { Empty, Failed, TryAgain } from '#ui/State.tsx'

import { Filters, SearchField, SortMenu, useCatalogue } from './Filters.tsx'
import { viewName } from './name.ts'
import { Place } from './place.ts'
import { ROW_HEIGHT } from './Row.tsx'
import { Rows } from './Rows.tsx'
import { changed, filterOf, isNarrowed, type View } from './view.ts'

/** Always the same object, so that nothing seems to change. */
const NOTHING: Conversation[] = []

interface ListProps {
  view: View
  openId: string | undefined
  /** Where the person was when the list was last shown. */
  place?: Place
}

export function List({ view, openId, place: before }: ListProps) {
  const [first] = useState(() => new Place())
  const place = before ?? first
  const navigate = useNavigate()
  const query = useInfiniteQuery(conversationsQuery(filterOf(view)))
  const { hasNextPage, isFetchingNextPage, isError, isFetchNextPageError, isRefetchError, fetchNextPage } = query
  const offline = useOffline()
  const loaded = query.data ?? NOTHING
  const name = viewName(view, useCatalogue())
  // Stable, so that filters are not rendered when another conversation is opened.
  const onChange = useCallback((next: View) => void navigate({ to: '.', search: () => next, replace: true }), [navigate])
  const onMore = useCallback(() => void fetchNextPage(), [fetchNextPage])

  return (
    // In a window too low for everything, the list scrolls as a whole.
    <div className="flex h-full min-h-0 flex-col overflow-y-auto bg-surface">
      <header className="flex h-13 shrink-0 items-center gap-2 pr-2 pl-4">
        <h1 className="min-w-0 truncate text-lg font-semibold" title={name === 'Inbox' ? undefined : name}>
          {name}
        </h1>
        {query.data && (
          <span className="shrink-0 text-sm text-faint tabular-nums">
            <span aria-hidden>{`${loaded.length}${hasNextPage ? '+' : ''}`}</span>
            <span className="sr-only">{`${loaded.length} conversations loaded`}</span>
          </span>
        )}
        <span className="grow" />
        {/* A long name is cut off rather than the menu. */}
        <span className="shrink-0">
          <SortMenu view={view} onChange={onChange} />
        </span>
      </header>
      <Told view={JSON.stringify(view)} count={query.isPending || query.isError ? null : loaded.length} more={hasNextPage} />
      <SearchField view={view} onChange={onChange} />
      <Filters view={view} onChange={onChange} />
      <Rows
        view={view}
        openId={openId}
        place={place}
        loaded={loaded}
        all={!hasNextPage}
        more={hasNextPage && !isFetchingNextPage && !isError && !offline}
        failed={hasNextPage && !isFetchingNextPage && isFetchNextPageError}
        onMore={onMore}
        busy={query.isPending}
      >
        {query.isPending ? (
          <Skeletons />
        ) : query.isError && loaded.length === 0 ? (
          <Failed what="Conversations did not load" error={query.error} retry={() => void again(query)} />
        ) : (
          <Nothing view={view} onChange={onChange} />
        )}
      </Rows>
      {/* Below the list, so that nothing in it moves. */}
      {isRefetchError && loaded.length > 0 && <TryAgain what="Newer conversations" retry={() => void again(query)} />}
    </div>
  )
}

interface ToldProps {
  view: string
  /** How many conversations are loaded; null while none are. */
  count: number | null
  more: boolean
}

/** Announces how many conversations a new filter or search found: once, and not again when rows come or go. */
function Told({ view, count, more }: ToldProps) {
  const [told, setTold] = useState({ view: '', words: '' })
  if (count !== null && told.view !== view) {
    setTold({ view, words: count === 0 ? 'No conversations' : `${count}${more ? ' or more' : ''} ${count === 1 ? 'conversation' : 'conversations'}` })
  }
  return (
    <p role="status" className="sr-only">
      {told.view === view && told.words}
    </p>
  )
}

function Nothing({ view, onChange }: { view: View; onChange: (view: View) => void }) {
  const agents = useQuery(agentsQuery()).data
  if (view.search !== undefined) {
    const { search } = view
    const everywhere: View = { search, status: 'any' }
    const everything = view.status === 'any' && !isNarrowed(changed(view, { search: undefined, status: undefined }))
    return (
      <Empty
        icon={SearchX}
        title={`No results for “${search}”`}
        action={
          <div className="flex flex-wrap justify-center gap-2">
            {!everything && (
              <Button look="primary" onClick={() => onChange(everywhere)}>
                Search everything
              </Button>
            )}
            <Button onClick={() => onChange(changed(view, { search: undefined }))}>Clear search</Button>
          </div>
        }
      >
        Names, addresses, numbers and message texts were searched
        {everything ? '' : view.status === undefined ? ' of open conversations, within the filters above' : ', within the filters above'}.
      </Empty>
    )
  }
  if (view.assigneeId === 'me' && agents?.every(({ you }) => !you)) {
    return (
      <Empty
        icon={Inbox}
        title="No agent in Chatwoot has your e-mail address"
        action={<Button onClick={() => onChange(changed(view, { assigneeId: undefined }))}>Show everybody’s</Button>}
      >
        If you have another name there, filter by it.
      </Empty>
    )
  }
  if (isNarrowed(view)) {
    return (
      <Empty
        icon={Inbox}
        title="No conversations match these filters"
        action={<Button onClick={() => onChange({})}>Show all open conversations</Button>}
      />
    )
  }
  return (
    <Empty icon={Inbox} title="No open conversations">
      New conversations appear here as they arrive.
    </Empty>
  )
}

function Skeletons() {
  return (
    <div role="status" aria-label="Loading conversations">
      {Array.from({ length: 12 }, (_, index) => (
        <div key={index} className="flex gap-3 px-3.5 py-2.5" style={{ height: ROW_HEIGHT }}>
          <span className="skeleton size-9 shrink-0 rounded-full" />
          <span className="grow">
            <span className="skeleton mt-1 block h-3.5" style={{ width: `${40 + ((index * 17) % 30)}%` }} />
            <span className="skeleton mt-2.5 block h-3" style={{ width: `${60 + ((index * 23) % 35)}%` }} />
          </span>
        </div>
      ))}
    </div>
  )
}
