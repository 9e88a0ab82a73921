import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, CircleDashed, type LucideIcon, Unplug } from 'lucide-react'
import type { ReactNode } from 'react'

import type { AccountState } from '#api/types.ts'
import { again } from '#live/again.ts'
import { accountsQuery, reconcile } from '#live/operations.ts'
import { Button } from '#ui/Button.tsx'
import { classes } from '#ui/classes.ts'
import { useNowThere } from '#ui/clock.ts'
import { useMounted } from '#ui/mounted.ts'
import { Refusal } from '#ui/Refusal.tsx'
import { Empty, Failed, Stale } from '#ui/State.tsx'
import { exactly, span } from '#ui/time.ts'
import { toastFailure } from '#ui/toasts.ts'
import { When } from '#ui/When.tsx'

import { refusal } from './words.ts'

const BREAKERS: Record<AccountState['breaker']['state'], { name: string; icon: LucideIcon; colour: string }> = {
  closed: { name: 'Answers', icon: CircleCheck, colour: 'text-good' },
  open: { name: 'Does not answer', icon: CircleAlert, colour: 'text-bad' },
  trial: { name: 'Being tried', icon: CircleDashed, colour: 'text-warn' },
}

/** Chatwoot accounts: whether they answer, their request budget, and their comparison with Chatwoot. */
export function Accounts({ acts }: { acts: boolean }) {
  const query = useQuery(accountsQuery())
  if (query.isPending) return <div role="status" aria-label="Loading accounts" className="skeleton h-64" />
  if (!query.data) return <Failed what="Accounts did not load" error={query.error} retry={() => void again(query)} />
  if (query.data.length === 0) return <Empty icon={Unplug} title="No Chatwoot account is connected" />
  return (
    <>
      <Stale of={query} />
      <ul aria-label="Accounts" className="grid gap-5">
        {query.data.map((account) => (
          <One key={account.id} account={account} acts={acts} />
        ))}
      </ul>
    </>
  )
}

function One({ account, acts }: { account: AccountState; acts: boolean }) {
  const client = useQueryClient()
  const isMounted = useMounted()
  const title = account.name ?? `Account ${account.chatwootAccountId}`
  const compare = useMutation({
    mutationFn: () => reconcile(account.id),
    onSuccess: () => client.invalidateQueries({ queryKey: accountsQuery().queryKey }),
    onError: (error) => {
      if (!isMounted()) toastFailure(`Not compared: ${title}`, account.id, error)
    },
  })
  const { breaker, rate, journal, inbound, outbound, refused, reconciliation } = account
  const { name, icon: Icon, colour } = BREAKERS[breaker.state]
  const now = useNowThere('fast')
  return (
    <li className="rounded-2xl border border-line bg-surface">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-5 py-3">
        <div className="min-w-0 grow">
          <h2 dir="auto" className="font-semibold wrap-anywhere">{title}</h2>
          <p className="text-sm wrap-anywhere text-soft">
            {account.baseUrl} · account {account.chatwootAccountId}
          </p>
        </div>
        <span className="inline-flex items-center gap-1.5 text-sm">
          <Icon aria-hidden className={classes('size-4', colour)} />
          <span>
            {name}
            <span className="text-soft">{`${nextTry(breaker, now)}${unanswered(breaker)}`}</span>
          </span>
        </span>
      </div>
      <div className="grid gap-x-8 gap-y-5 p-5 two:grid-cols-3">
        <Group name="Traffic">
          <Fact name="Events waiting">{waitingIn([journal, inbound], now)}</Fact>
          <Fact name="Commands waiting">{waiting(outbound, now)}</Fact>
          <Refused of={refused} />
        </Group>
        <Group name="Request budget">
          {rate ? (
            <>
              <Fact name="At most">{requests(rate.perMinute)} a minute</Fact>
              <Fact name="Free this second">
                {Math.floor(rate.available).toLocaleString()} of {requests(Math.floor(mostAtOnce(rate.perMinute)))}
              </Fact>
              <Meter label="Requests free this second" share={Math.min(1, rate.available / mostAtOnce(rate.perMinute))} />
              {rate.pausedUntil != null && Date.parse(rate.pausedUntil) > now && (
                <p className="text-sm text-warn">It asked us to slow down for {span(Date.parse(rate.pausedUntil) - now)}</p>
              )}
            </>
          ) : (
            <p className="text-sm text-soft">No requests yet.</p>
          )}
        </Group>
        <Group name="Compared with Chatwoot">
          {reconciliation ? <Compared of={reconciliation} /> : <p className="text-sm text-soft">Not started yet.</p>}
          {acts && (
            <Button className="mt-3 h-7 text-sm" busy={compare.isPending || reconciliation?.walkUnderWay === true} onClick={() => compare.mutate()}>
              Compare everything
            </Button>
          )}
          <Refusal error={compare.error} className="mt-1" />
        </Group>
      </div>
    </li>
  )
}

type Breaker = AccountState['breaker']

/** How many calls in a row got no answer. */
function unanswered({ failures }: Breaker): string {
  if (failures === 0) return ''
  return failures === 1 ? ' (no answer to the last call)' : ` (no answer to the last ${failures.toLocaleString()} calls)`
}

/** What becomes of calls while they are not let through. */
function nextTry({ state, until }: Breaker, now: number): string {
  if (state !== 'open') return ''
  const left = until == null ? 0 : Date.parse(until) - now
  return left > 0 ? `: paused, tries again in ${span(left)}` : ': tries again with the next call'
}

function requests(count: number): string {
  return `${count.toLocaleString()} ${count === 1 ? 'request' : 'requests'}`
}

/** At most a second's worth of requests may be sent at once, however long there were none. */
function mostAtOnce(perMinute: number): number {
  return Math.max(1, perMinute / 60)
}

function Compared({ of }: { of: NonNullable<AccountState['reconciliation']> }) {
  return (
    <>
      <Fact name="Changes compared up to">{of.sweptTo == null ? 'not yet' : <time title={exactly(of.sweptTo)}><When at={of.sweptTo} /></time>}</Fact>
      <Fact name="Last full comparison">
        {of.walkUnderWay ? 'under way' : of.walkedAt == null ? 'not yet' : <When at={of.walkedAt} />}
      </Fact>
      {of.walkUnderWay && of.walkTotal != null && (
        <Meter label="Conversations compared" share={of.walkDone / Math.max(1, of.walkTotal)} />
      )}
      <Fact name="Imported">{of.broughtIn.toLocaleString()}</Fact>
      <Fact name="Drift found">{of.driftFound.toLocaleString()}</Fact>
      <Fact name="Drift repaired">{of.driftRepaired.toLocaleString()}</Fact>
      {of.unread.length > 0 && (
        <ul aria-label="Not read" className="mt-1 text-sm wrap-anywhere text-warn">
          {of.unread.map((what) => (
            <li key={what}>Not read: {what}</li>
          ))}
        </ul>
      )}
      {of.lastError != null && of.failures > 0 && (
        <p className="mt-1 text-sm wrap-anywhere text-bad">
          Failed {of.failures} {of.failures === 1 ? 'time' : 'times'}: {of.lastError}
        </p>
      )}
    </>
  )
}

/** Webhooks that Chatwoot does not send again. */
function Refused({ of }: { of: AccountState['refused'] }) {
  if (!of) return <Fact name="Webhooks refused">not known</Fact>
  if (of.length === 0) return <Fact name="Webhooks refused">0</Fact>
  const all = of.reduce((sum, { count }) => sum + count, 0)
  return (
    <>
      <Fact name="Webhooks refused">
        <span className="text-bad">{all.toLocaleString()} in the last hour</span>
      </Fact>
      <ul aria-label="Why webhooks were refused" className="text-xs text-soft tabular-nums">
        {of.map(({ reason, count }) => (
          <li key={reason} className="flex justify-between gap-3 pl-3">
            <span>{refusal(reason)}</span>
            <span>{count.toLocaleString()}</span>
          </li>
        ))}
      </ul>
    </>
  )
}

type Queue = AccountState['outbound']

/** What waits in several places together. What one of them does not say may be more. */
function waitingIn(places: (Queue | null | undefined)[], now: number): string {
  const known = places.filter((queue) => queue != null)
  if (known.length === 0) return 'not known'
  const pending = known.reduce((sum, queue) => sum + queue.pending, 0)
  const [oldestAt] = known.flatMap((queue) => queue.oldestAt ?? []).sort((a, b) => Date.parse(a) - Date.parse(b))
  return `${known.length < places.length ? 'at least ' : ''}${waiting({ pending, oldestAt: oldestAt ?? null }, now)}`
}

function waiting({ pending, oldestAt }: Queue, now: number): string {
  return oldestAt == null ? pending.toLocaleString() : `${pending.toLocaleString()}, for ${span(now - Date.parse(oldestAt))}`
}

function Group({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section aria-label={name}>
      <h3 className="mb-2 text-sm font-semibold text-soft">{name}</h3>
      {children}
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <p className="flex justify-between gap-3 text-sm">
      <span className="text-soft">{name}</span>
      <span className="text-right tabular-nums">{children}</span>
    </p>
  )
}

function Meter({ label, share }: { label: string; share: number }) {
  const percent = Math.round(share * 100)
  return (
    <div role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent} className="my-1.5 h-1.5 overflow-hidden rounded-full bg-sunken">
      <div className="h-full rounded-full bg-accent" style={{ width: `${percent}%` }} />
    </div>
  )
}
