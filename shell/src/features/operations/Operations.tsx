import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Gauge } from 'lucide-react'

import { session } from '#auth/session.ts'
import { pipelineQuery } from '#live/operations.ts'
import { classes } from '#ui/classes.ts'
import { Empty } from '#ui/State.tsx'

import { Accounts } from './Accounts.tsx'
import { DeadLetters } from './DeadLetters.tsx'
import { Overview } from './Overview.tsx'
import { Replay } from './Replay.tsx'
import { type OperationsView, type Part, PARTS } from './view.ts'

export function Operations({ view }: { view: OperationsView }) {
  // Somebody may have opened the address: do not repeat requests that the API refuses.
  if (!session().person.may('operations:read')) {
    return (
      <Empty alone icon={Gauge} title="Operations are for operators">
        Your role does not include the state of the pipeline. Ask an administrator.
      </Empty>
    )
  }
  return <Parts view={view} />
}

function Parts({ view }: { view: OperationsView }) {
  const waiting = useQuery(pipelineQuery()).data?.deadLetters ?? 0
  const tabs: [Part | undefined, string][] = [
    [undefined, 'Overview'],
    ...Object.entries(PARTS).map(([part, name]): [Part, string] => [part as Part, name]),
  ]
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex min-h-13 shrink-0 flex-wrap items-center gap-x-2 gap-y-1 border-b border-line bg-surface px-5 py-2">
        <h1 className="mr-3 text-lg font-semibold">Operations</h1>
        <nav aria-label="Parts of operations" className="-mx-2 flex flex-wrap two:mx-0 two:gap-1">
          {tabs.map(([part, name]) => (
            <Link
              key={name}
              to="/operations"
              search={part ? { show: part } : {}}
              replace
              aria-current={view.show === part ? 'page' : undefined}
              activeProps={{}}
              className={classes(
                'inline-flex h-7 items-center gap-1.5 rounded-full px-2 text-sm font-medium whitespace-nowrap two:px-3',
                view.show === part ? 'bg-accent-soft text-accent' : 'text-soft hover:bg-hover hover:text-ink',
              )}
            >
              {name}
              {part === 'dead-letters' && waiting > 0 && (
                <span className="text-xs tabular-nums">
                  {waiting}
                  <span className="sr-only"> waiting</span>
                </span>
              )}
            </Link>
          ))}
        </nav>
      </header>
      {/* Focusable, so that it can be scrolled by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="min-h-0 grow overflow-y-auto" role="region" aria-label={view.show ? PARTS[view.show] : 'Overview'} tabIndex={0}>
        <div className="mx-auto max-w-6xl p-5">
          <Shown view={view} />
        </div>
      </div>
    </div>
  )
}

function Shown({ view }: { view: OperationsView }) {
  const { may } = session().person
  switch (view.show) {
    case 'dead-letters':
      return <DeadLetters view={view} acts={may('dead-letters:redrive')} />
    case 'accounts':
      return <Accounts acts={may('accounts:reconcile')} />
    case 'replay':
      return <Replay acts={may('events:replay')} />
    default:
      return <Overview />
  }
}
