import { useQuery } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, CircleX, type LucideIcon } from 'lucide-react'

import type { PartStatus } from '#api/health.ts'
import { useConnection } from '#live/live.ts'
import { healthQuery } from '#live/queries.ts'
import { classes } from '#ui/classes.ts'
import { useNow } from '#ui/clock.ts'
import { Failed } from '#ui/State.tsx'
import { span } from '#ui/time.ts'
import { titled } from '#ui/words.ts'

const STATUS: Record<PartStatus, { name: string; icon: LucideIcon; colour: string }> = {
  up: { name: 'Works', icon: CircleCheck, colour: 'text-good' },
  degraded: { name: 'Degraded', icon: CircleAlert, colour: 'text-warn' },
  down: { name: 'Down', icon: CircleX, colour: 'text-bad' },
}

const OVERALL: Record<PartStatus, string> = {
  up: 'Everything works',
  degraded: 'Something does not work as it should',
  down: 'Something is down',
}

/** What a part is for, in words; parts that are not here are shown by their name alone. */
const PARTS: Record<string, { name: string; does: string }> = {
  journal: { name: 'Journal', does: 'Keeps what Chatwoot sent, on disk' },
  publishing: { name: 'Publishing', does: 'Hands on what the journal keeps' },
  nats: { name: 'Streams', does: 'Carry events between the programs' },
  postgres: { name: 'Database', does: 'Holds conversations and messages' },
  'outbox relay': { name: 'Outbox', does: 'Hands on what was written here' },
  sources: { name: 'Accounts', does: 'Chatwoot accounts that are served' },
}

export function Operations() {
  const query = useQuery(healthQuery())
  const { state, heardAt } = useConnection()
  const now = useNow('fast')
  return (
    <div className="h-full overflow-y-auto">
      <header className="flex h-13 items-center border-b border-line bg-surface px-5">
        <h1 className="text-lg font-semibold">Operations</h1>
      </header>
      <div className="mx-auto max-w-4xl p-5">
        {query.isPending ? (
          <div role="status" aria-label="Loading health" className="skeleton h-40" />
        ) : query.isError && !query.data ? (
          <Failed what="The state of the system is not known" error={query.error} retry={() => void query.refetch()} />
        ) : (
          <>
              <Overall status={query.data.status} />
              <ul aria-label="Parts" className="mt-4 grid gap-3 two:grid-cols-2">
                {Object.entries(query.data.checks).map(([part, check]) => (
                  <Part key={part} part={part} {...check} />
                ))}
              </ul>
              <p className="mt-4 text-sm text-soft">
                This screen is {state === 'live' ? 'live' : state}
                {heardAt !== null && <>; last sign of life {span(Math.max(0, now - heardAt))} ago</>}.
                {query.isError && ' The state above may be out of date: the API does not answer.'}
              </p>
          </>
        )}
      </div>
    </div>
  )
}

function Overall({ status }: { status: PartStatus }) {
  const { icon: Icon, colour } = STATUS[status]
  return (
    <div role="status" className="flex items-center gap-3 rounded-2xl border border-line bg-surface px-5 py-4">
      <Icon aria-hidden className={classes('size-6', colour)} strokeWidth={1.75} />
      <p className="text-lg font-semibold">{OVERALL[status]}</p>
    </div>
  )
}

function Part({ part, status, detail }: { part: string; status: PartStatus; detail?: string }) {
  const { name, does } = PARTS[part] ?? { name: titled(part), does: '' }
  const { name: state, icon: Icon, colour } = STATUS[status]
  return (
    <li className="rounded-2xl border border-line bg-surface px-5 py-4">
      <div className="flex items-center justify-between gap-3">
        <h2 className="font-semibold">{name}</h2>
        <span className="inline-flex items-center gap-1.5 text-sm">
          <Icon aria-hidden className={classes('size-4', colour)} />
          {state}
        </span>
      </div>
      <p className="mt-0.5 text-sm text-soft">{detail ?? does}</p>
    </li>
  )
}
