import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { TriangleAlert } from 'lucide-react'

import type { Health } from '#api/health.ts'
import type { AccountState } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { useConnection } from '#live/live.ts'
import { accountsQuery } from '#live/operations.ts'
import { healthQuery } from '#live/queries.ts'
import { useNow } from '#ui/clock.ts'
import { partName } from '#ui/words.ts'

/** How often the state is asked for. Milliseconds. */
const PACE = 15_000
/** What waits for longer than this is late. Milliseconds. */
const LATE = 30_000

/** The state of the system, while it is not as it should be. Nothing else is ever said here. */
export default function Banner() {
  const operates = session().person.may('operations:read')
  const offline = useConnection().state === 'offline'
  const health = useQuery({ ...healthQuery(), refetchInterval: PACE }).data
  const accounts = useQuery({ ...accountsQuery(), refetchInterval: PACE, enabled: operates }).data ?? []
  const now = useNow()
  const words = [...partsInTrouble(health), ...accounts.flatMap((one) => inTrouble(one, accounts.length > 1, now))]
  // The mark says that already, and nothing here is of now.
  if (offline || words.length === 0) return null
  return (
    <div
      role="status"
      aria-label="State of the system"
      className="flex shrink-0 items-center justify-center gap-2 border-b border-note-line bg-note px-5 py-1.5 text-sm text-note-text"
    >
      <TriangleAlert aria-hidden className="size-4 shrink-0" />
      <p className="min-w-0">{words.join('. ')}.</p>
      {operates && (
        <Link to="/operations" className="shrink-0 underline underline-offset-2">
          Operations
        </Link>
      )}
    </div>
  )
}

function partsInTrouble(health: Health | undefined): string[] {
  return Object.entries(health?.checks ?? {})
    .filter(([, { status }]) => status !== 'up')
    .map(([part, { status }]) => `${partName(part)}: ${status === 'down' ? 'down' : 'does not work as it should'}`)
}

function inTrouble({ name, chatwootAccountId, breaker, rate, outbound }: AccountState, several: boolean, now: number): string[] {
  const who = several ? `Chatwoot (${name ?? `account ${chatwootAccountId}`})` : 'Chatwoot'
  const { pending, oldestAt } = outbound
  const waits = pending === 0 ? '' : `; ${pending.toLocaleString()} ${pending === 1 ? 'command waits' : 'commands wait'} for it`
  if (breaker.state !== 'closed') return [`${who} does not answer${waits}`]
  if (rate?.pausedUntil != null && Date.parse(rate.pausedUntil) > now) return [`${who} asks us to slow down${waits}`]
  if (oldestAt != null && now - Date.parse(oldestAt) > LATE) return [`${who} answers slowly${waits}`]
  return []
}
