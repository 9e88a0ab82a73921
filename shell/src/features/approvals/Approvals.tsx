import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Ban, CircleCheck, CircleX, Hourglass, type LucideIcon, ShieldCheck } from 'lucide-react'

import type { ApprovalStatus } from '#api/types.ts'
import { approvalsQuery } from '#live/queries.ts'
import { classes } from '#ui/classes.ts'
import { Empty, Failed } from '#ui/State.tsx'
import { When } from '#ui/When.tsx'
import { titled } from '#ui/words.ts'

import { type ApprovalsView, isStatus } from './view.ts'

const STATUS: Record<ApprovalStatus, { name: string; icon: LucideIcon; colour: string }> = {
  submitted: { name: 'Waiting', icon: Hourglass, colour: 'text-warn' },
  approved: { name: 'Approved', icon: CircleCheck, colour: 'text-good' },
  rejected: { name: 'Rejected', icon: CircleX, colour: 'text-bad' },
  withdrawn: { name: 'Withdrawn', icon: Ban, colour: 'text-faint' },
}

export function ApprovalMark({ status }: { status: string }) {
  const { name, icon: Icon, colour } = isStatus(status)
    ? STATUS[status]
    : { name: titled(status), icon: ShieldCheck, colour: 'text-soft' }
  return (
    <span className="inline-flex shrink-0 items-center gap-1.5 text-sm">
      <Icon aria-hidden className={classes('size-4', colour)} />
      {name}
    </span>
  )
}

export function Approvals({ view }: { view: ApprovalsView }) {
  const navigate = useNavigate()
  const query = useQuery(approvalsQuery(view))
  const tabs: [ApprovalStatus | undefined, string][] = [
    [undefined, 'All'],
    ...Object.entries(STATUS).map(([status, { name }]): [ApprovalStatus, string] => [status as ApprovalStatus, name]),
  ]
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface">
      <header className="flex h-13 shrink-0 items-center gap-2 overflow-x-auto border-b border-line px-5">
        <h1 className="mr-3 text-lg font-semibold">Approvals</h1>
        <div role="group" aria-label="Status" className="flex gap-1">
          {tabs.map(([status, name]) => (
            <button
              key={name}
              type="button"
              aria-pressed={view.status === status}
              onClick={() => void navigate({ to: '/approvals', search: status ? { status } : {}, replace: true })}
              className={classes(
                'h-7 rounded-full px-3 text-sm font-medium',
                view.status === status ? 'bg-accent-soft text-accent' : 'text-soft hover:bg-hover hover:text-ink',
              )}
            >
              {name}
            </button>
          ))}
        </div>
      </header>
      <div className="min-h-0 grow overflow-y-auto">
        {query.isPending ? (
          <div role="status" aria-label="Loading approvals" className="mx-auto flex max-w-4xl flex-col gap-3 p-5">
            {[0, 1, 2, 3].map((index) => (
              <span key={index} className="skeleton h-16" />
            ))}
          </div>
        ) : query.isError && !query.data ? (
          <Failed what="Approvals did not load" error={query.error} retry={() => void query.refetch()} />
        ) : query.data.length === 0 ? (
          <Empty icon={ShieldCheck} title={view.status === 'submitted' ? 'Nothing waits for a decision' : 'No approvals'}>
            {view.status ? 'None has this status.' : 'Escalations and requests appear here once somebody asks.'}
          </Empty>
        ) : (
          <ul className="mx-auto max-w-4xl divide-y divide-line/60" aria-label="Approvals">
            {query.data.map((approval) => (
              <li key={approval.id}>
                <Link
                  to="/approvals/$id"
                  params={{ id: approval.id }}
                  className="flex items-center gap-4 px-5 py-3 -outline-offset-2 hover:bg-hover"
                >
                  <div className="min-w-0 grow">
                    <p className="truncate font-medium">{approval.reason}</p>
                    <p className="truncate text-sm text-soft">
                      {titled(approval.type)} · asked by {approval.requestedBy}
                    </p>
                  </div>
                  <ApprovalMark status={approval.status} />
                  <When at={approval.createdAt} className="w-14 shrink-0 text-right text-xs text-faint" />
                </Link>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  )
}
