import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { ShieldCheck } from 'lucide-react'

import type { ApprovalStatus } from '#api/types.ts'
import { compact } from '#base/compact.ts'
import { again } from '#live/again.ts'
import { approvalPagesQuery } from '#live/queries.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { Button } from '#ui/Button.tsx'
import { channelName } from '#ui/ChannelIcon.tsx'
import { Chip } from '#ui/Chip.tsx'
import { classes } from '#ui/classes.ts'
import { LoadMore } from '#ui/LoadMore.tsx'
import { APPROVAL_STATUSES, ApprovalMark } from '#ui/Marks.tsx'
import { useRowFocus } from '#ui/rows.ts'
import { Empty, Failed, Stale } from '#ui/State.tsx'
import { When } from '#ui/When.tsx'
import { Whom } from '#ui/Whom.tsx'
import { titled } from '#ui/words.ts'

import { approvalFilterOf, type ApprovalsView, type Show, SHOWS } from './view.ts'

/** Types that are always offered; a company may have others. */
const TYPES = ['escalation', 'proposed_reply']

export function Approvals({ view }: { view: ApprovalsView }) {
  const navigate = useNavigate()
  const query = useInfiniteQuery(approvalPagesQuery(approvalFilterOf(view)))
  const go = (search: ApprovalsView) => void navigate({ to: '/approvals', search, replace: true })
  const set = (change: { [K in keyof ApprovalsView]: ApprovalsView[K] | undefined }) =>
    go(compact<ApprovalsView>({ ...view, ...change }))
  const tabs: [Show | undefined, string][] = [
    [undefined, 'All'],
    ...Object.entries(SHOWS).map(([show, name]): [Show, string] => [show as Show, name]),
  ]
  const rows = query.data ?? []
  const types = [...new Set([...TYPES, ...rows.map((one) => one.type), ...(view.type ? [view.type] : [])])].sort()
  const focus = useRowFocus(rows.map((one) => one.id))
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface">
      <header className="flex min-h-13 shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-5 py-2">
        <h1 className="mr-auto text-lg font-semibold two:mr-0">Approvals</h1>
        <div role="group" aria-label="Show" className="order-last -mx-2 flex w-full flex-wrap two:order-none two:mx-0 two:w-auto two:gap-1">
          {tabs.map(([show, name]) => (
            <button
              key={name}
              type="button"
              aria-pressed={view.show === show}
              onClick={() => set({ show, ...(show === 'waiting' && { status: undefined }) })}
              className={classes(
                'h-7 rounded-full px-2 text-sm font-medium whitespace-nowrap two:px-3',
                view.show === show ? 'bg-accent-soft text-accent' : 'text-soft hover:bg-hover hover:text-ink',
              )}
            >
              {name}
            </button>
          ))}
        </div>
        <div role="group" aria-label="Filters" className="flex flex-wrap gap-1.5">
          <Chip
            name="Type"
            anything="Any type"
            value={view.type}
            options={types.map((type) => ({ value: type, label: titled(type) }))}
            onChange={(type) => set({ type })}
          />
          {view.show !== 'waiting' && (
            <Chip
              name="Status"
              anything="Any status"
              value={view.status}
              options={Object.entries(APPROVAL_STATUSES).map(([value, { name }]) => ({ value, label: name }))}
              onChange={(status) => set({ status: status as ApprovalStatus | undefined })}
            />
          )}
        </div>
      </header>
      <div className="min-h-0 grow overflow-y-auto">
        {!query.isFetchNextPageError && (
          <div className="mx-auto max-w-4xl px-5 empty:hidden">
            <Stale of={query} />
          </div>
        )}
        {query.isPending ? (
          <div role="status" aria-label="Loading approvals" className="mx-auto flex max-w-4xl flex-col gap-3 p-5">
            {[0, 1, 2, 3].map((index) => (
              <span key={index} className="skeleton h-16" />
            ))}
          </div>
        ) : query.isError && !query.data ? (
          <Failed what="Approvals did not load" error={query.error} retry={() => void again(query)} />
        ) : rows.length === 0 ? (
          <Nothing view={view} go={go} />
        ) : (
          <>
            <ul {...focus} className="mx-auto max-w-4xl divide-y divide-line/60 outline-none" aria-label="Approvals">
              {rows.map(({ about, ...approval }) => (
                <li key={approval.id}>
                  <Link
                    to="/approvals/$id"
                    params={{ id: approval.id }}
                    search={view}
                    className="flex items-center gap-4 px-5 py-3 -outline-offset-2 hover:bg-hover"
                  >
                    {about && (
                      <Avatar name={about.contact?.name ?? '?'} seed={about.contact?.id ?? approval.conversationId} channel={about.channel} />
                    )}
                    <div className="min-w-0 grow">
                      <p dir="auto" className="line-clamp-2 font-medium two:line-clamp-1">{approval.reason}</p>
                      <p className="line-clamp-2 text-sm text-soft two:line-clamp-1">
                        {about && (
                          <>
                            <Whom about={about} />
                            <span className="sr-only">, {channelName(about.channel)}</span>
                            {' · '}
                          </>
                        )}
                        {titled(approval.type)} · asked by {approval.requestedBy}
                        {approval.stale && <span className="text-warn"> · the customer has written since</span>}
                      </p>
                    </div>
                    <div className="flex shrink-0 flex-col items-end gap-1 two:flex-row-reverse two:items-center two:gap-4">
                      <When at={approval.createdAt} className="w-14 text-right text-xs text-faint" />
                      <ApprovalMark status={approval.status} />
                    </div>
                  </Link>
                </li>
              ))}
            </ul>
            <div className="flex justify-center p-4 empty:hidden">
              <LoadMore of={query} what="Earlier requests" name="Show earlier" />
            </div>
          </>
        )}
      </div>
    </div>
  )
}

function Nothing({ view, go }: { view: ApprovalsView; go: (view: ApprovalsView) => void }) {
  if (view.type || view.status) {
    return (
      <Empty icon={ShieldCheck} title="No approvals match these filters" action={<Button onClick={() => go({})}>Show all</Button>} />
    )
  }
  switch (view.show) {
    case 'waiting':
      return <Empty icon={ShieldCheck} title="Nothing is waiting for your decision" />
    case 'mine':
      return <Empty icon={ShieldCheck} title="You have not requested any approval" />
    case 'decided':
      return <Empty icon={ShieldCheck} title="You have not decided anything yet" />
    case undefined:
      return (
        <Empty icon={ShieldCheck} title="No approvals">
          Escalations and approval requests appear here.
        </Empty>
      )
  }
}
