import { useQuery } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, CircleX, type LucideIcon } from 'lucide-react'

import type { PartStatus } from '#api/health.ts'
import { session } from '#auth/session.ts'
import { again } from '#live/again.ts'
import { chatwootQuery, healthQuery } from '#live/queries.ts'
import { useConnection } from '#live/status.ts'
import { classes } from '#ui/classes.ts'
import { useNow } from '#ui/clock.ts'
import { Failed } from '#ui/State.tsx'
import { span } from '#ui/time.ts'
import { chatwootName, chatwootTrouble, partName } from '#ui/words.ts'

const STATUS: Record<PartStatus, { name: string; icon: LucideIcon; colour: string }> = {
  up: { name: 'Works', icon: CircleCheck, colour: 'text-good' },
  degraded: { name: 'Degraded', icon: CircleAlert, colour: 'text-warn' },
  down: { name: 'Down', icon: CircleX, colour: 'text-bad' },
}

const OVERALL: Record<PartStatus, string> = {
  up: 'Everything works',
  degraded: 'Something is not working properly',
  down: 'Something is down',
}

/** The state of the system, its parts, and Chatwoot, without which it is of little use. */
export function Health() {
  const query = useQuery(healthQuery())
  const accounts = useQuery({ ...chatwootQuery(), enabled: session().person.may('conversations:read') }).data ?? []
  if (query.isPending) return <div role="status" aria-label="Loading health" className="skeleton h-20" />
  if (!query.data) {
    return <Failed what="The state of the system could not be loaded" error={query.error} retry={() => void again(query)} />
  }
  const { checks } = query.data
  const troubled = accounts.filter((account) => chatwootTrouble(account) !== null)
  const status = query.data.status === 'up' && troubled.length > 0 ? 'degraded' : query.data.status
  const { icon: Icon, colour } = STATUS[status]
  return (
    <section aria-label="Health" className="rounded-2xl border border-line bg-surface px-5 py-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Icon aria-hidden className={classes('size-6', colour)} strokeWidth={1.75} />
        <p role="status" className="text-lg font-semibold">
          {OVERALL[status]}
        </p>
        <Sign stale={query.isError} />
      </div>
      <ul aria-label="Parts" className="mt-3 flex flex-wrap gap-x-5 gap-y-1.5">
        {Object.entries(checks).map(([part, check]) => (
          <Part key={part} name={partName(part)} {...check} />
        ))}
        {accounts.length > 0 && troubled.length === 0 && <Part name="Chatwoot" status="up" />}
        {troubled.map((account) => (
          <Part
            key={account.accountId}
            name={chatwootName(account, accounts)}
            status={account.state === 'silent' ? 'down' : 'degraded'}
            detail={chatwootTrouble(account) ?? ''}
          />
        ))}
      </ul>
    </section>
  )
}

function Part({ name, status, detail }: { name: string; status: PartStatus; detail?: string }) {
  const { name: works, icon: Icon, colour } = STATUS[status]
  return (
    <li className="inline-flex items-center gap-1.5 text-sm">
      <Icon aria-hidden className={classes('size-4', colour)} />
      {name}
      <span className={status === 'up' ? 'sr-only' : 'text-soft'}>{detail ?? works}</span>
    </li>
  )
}

function Sign({ stale }: { stale: boolean }) {
  const { state, heardAt } = useConnection()
  const now = useNow('fast')
  return (
    <p className="text-sm text-soft">
      {stale
        ? 'The API is not responding, so this may be out of date.'
        : `This screen is ${state === 'refused' ? 'not live' : state}${heardAt === null ? '' : `; last contact ${span(Math.max(0, now - heardAt))} ago`}.`}
    </p>
  )
}
