import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { History } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'

import type { AccountState, Replay as Run, ReplayCounted, ReplayWanted } from '#api/types.ts'
import { again } from '#live/again.ts'
import { accountsQuery, replay, replaysQuery } from '#live/operations.ts'
import { Button } from '#ui/Button.tsx'
import { copy } from '#ui/copy.ts'
import { givesFocusOn } from '#ui/focus.ts'
import { useMounted } from '#ui/mounted.ts'
import { Progress } from '#ui/Progress.tsx'
import { Refusal } from '#ui/Refusal.tsx'
import { Empty, Failed, Stale } from '#ui/State.tsx'
import { asField, exactly, inUtc } from '#ui/time.ts'
import { toastFailure } from '#ui/toasts.ts'
import { When } from '#ui/When.tsx'
import { titled } from '#ui/words.ts'

import { readSignature, readTarget } from './replayed.ts'
import { inWords } from './words.ts'

const STATES: Record<Run['state'], string> = {
  running: 'Running',
  done: 'Done',
  most: 'Done up to the limit; there are more',
  interrupted: 'Interrupted: the program was stopped',
  failed: 'Failed',
  lost: 'Lost: it should have ended but did not report how',
}

/** Replays past events: first a count, then the replay. */
export function Replay({ acts }: { acts: boolean }) {
  return (
    <>
      {acts && <Form />}
      <Runs />
    </>
  )
}

const HOUR = 3_600_000

function Form() {
  const client = useQueryClient()
  const isMounted = useMounted()
  const read = useQuery(accountsQuery())
  const accounts = read.data ?? []
  const [chosen, setChosen] = useState<string>()
  const [from, setFrom] = useState(() => asField(new Date(Date.now() - HOUR)))
  const [to, setTo] = useState('')
  const [event, setEvent] = useState('')
  const [most, setMost] = useState('1000')
  const [perSecond, setPerSecond] = useState('200')
  const accountId = chosen ?? accounts[0]?.id
  const wanted = (dryRun: boolean): ReplayWanted => ({
    accountId: accountId ?? '',
    from: new Date(from).toISOString(),
    ...(to !== '' && { to: new Date(to).toISOString() }),
    ...(event.trim() !== '' && { event: event.trim() }),
    most: Number(most),
    perSecond: Number(perSecond),
    dryRun,
  })
  const count = useMutation({ mutationFn: () => replay(wanted(true)) })
  const run = useMutation({
    mutationFn: () => replay(wanted(false)),
    onSuccess: () => client.invalidateQueries({ queryKey: replaysQuery().queryKey }),
    onError: (error) => {
      if (!isMounted()) toastFailure('No replay was started', '', error)
    },
  })
  // The count belongs to the earlier values of the form. It stays until they change: only it says where the rest begins.
  const change = (set: (value: string) => void) => (value: string) => {
    set(value)
    count.reset()
    run.reset()
  }
  const error = count.error ?? run.error ?? (read.data ? null : read.error)
  const counted = count.data && 'copies' in count.data ? count.data : null
  return (
    <form
      aria-label="Replay"
      tabIndex={-1}
      className="rounded-2xl border border-line bg-surface p-5 outline-none"
      onSubmit={(submitted) => {
        submitted.preventDefault()
        run.reset()
        count.mutate()
      }}
    >
      <h2 className="font-semibold">Replay events</h2>
      <p className="mt-0.5 max-w-prose text-sm text-soft">
        The workers process the events of a period again. Nothing happens twice, and whatever was lost or changed here is repaired.
        What cannot be processed becomes a dead letter once more.
      </p>
      <div className="mt-4 grid gap-4 two:grid-cols-3">
        <Field label="Account">
          {(id) => (
            <select id={id} value={accountId ?? ''} onChange={(one) => change(setChosen)(one.target.value)} className={INPUT}>
              {accounts.map((account) => (
                <option key={account.id} value={account.id}>
                  {accountName(account)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Time label="From" value={from} required change={change(setFrom)} />
        <Time label="To (until now if empty)" value={to} change={change(setTo)} />
        <Field label="Only this event">
          {(id) => (
            <input
              id={id}
              type="text"
              maxLength={64}
              placeholder="message_created"
              value={event}
              onChange={(one) => change(setEvent)(one.target.value)}
              className={INPUT}
            />
          )}
        </Field>
        <Field label="Events at most">
          {(id) => <input id={id} type="number" min={1} max={10_000} required value={most} onChange={(one) => change(setMost)(one.target.value)} className={INPUT} />}
        </Field>
        <Field label="Events per second">
          {(id) => <input id={id} type="number" min={1} max={1_000} required value={perSecond} onChange={(one) => change(setPerSecond)(one.target.value)} className={INPUT} />}
        </Field>
      </div>
      <div className="mt-4 flex flex-wrap items-center gap-3">
        <Button type="submit" look={counted ? 'plain' : 'primary'} disabled={!accountId || from === ''} busy={count.isPending}>
          {count.isPending ? 'Counting…' : 'Count first'}
        </Button>
        {counted && counted.count > 0 && !run.isSuccess && (
          <Button ref={givesFocusOn} look="primary" busy={run.isPending} onClick={() => run.mutate()}>
            Replay {counted.count.toLocaleString()} {counted.count === 1 ? 'event' : 'events'}
          </Button>
        )}
        <Refusal error={error} />
      </div>
      {counted && <Counted counted={counted} started={run.isSuccess} />}
    </form>
  )
}

const INPUT = 'h-8 w-full rounded-lg border border-field bg-surface px-2.5 disabled:opacity-50'

function Field({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm text-soft">
        {label}
      </label>
      {children(id)}
    </div>
  )
}

/** A time of day may come twice, at the end of summer time, so the instant that it stands for is shown as well. */
function Time({ label, value, required = false, change }: { label: string; value: string; required?: boolean; change: (value: string) => void }) {
  return (
    <Field label={label}>
      {(id) => (
        <>
          <input
            id={id}
            type="datetime-local"
            step={1}
            required={required}
            value={value}
            aria-describedby={`${id}-instant`}
            onChange={(one) => change(one.target.value)}
            className={INPUT}
          />
          <p id={`${id}-instant`} className="mt-1 min-h-4 text-xs text-soft tabular-nums">
            {inUtc(value)}
          </p>
        </>
      )}
    </Field>
  )
}

function Counted({ counted, started }: { counted: ReplayCounted; started: boolean }) {
  const { count } = counted
  const many = count.toLocaleString()
  return (
    <div role="status" className="mt-4 rounded-xl bg-sunken p-4 text-sm">
      <p className="font-medium">
        {count === 0 ? 'There is nothing to replay.' : started ? `The replay of these ${many} has begun:` : `${many} would be replayed:`}
      </p>
      <ul className="mt-1 flex flex-wrap gap-x-5 tabular-nums">
        {counted.by.map(({ event, count }) => (
          <li key={event}>
            {titled(event)}: {count.toLocaleString()}
          </li>
        ))}
      </ul>
      <p className="mt-1 text-soft">
        {counted.copies > 0 && `${counted.copies.toLocaleString()} copies of earlier replays are skipped. `}
        {counted.unreadable > 0 && `${counted.unreadable.toLocaleString()} cannot be read by any worker. `}
        {counted.ended === 'most' && 'There are more than the limit. '}
        {counted.ended === 'time' && 'There was not enough time to look at all of them. '}
        {counted.goOnFrom != null && `Continue from ${exactly(counted.goOnFrom)} (${inUtc(counted.goOnFrom)}).`}
      </p>
    </div>
  )
}

function Runs() {
  const query = useQuery(replaysQuery())
  const accounts = useQuery(accountsQuery()).data
  if (query.isPending) return <div role="status" aria-label="Loading replays" className="skeleton mt-5 h-24" />
  if (!query.data) return <Failed what="Replays did not load" error={query.error} retry={() => void again(query)} />
  if (query.data.length === 0) return <Empty icon={History} title="Nothing has been replayed yet" />
  return (
    <>
      <Stale of={query} />
      <ul aria-label="Replays" className="mt-5 divide-y divide-line/60 rounded-2xl border border-line bg-surface">
        {query.data.map((run) => (
          <li key={run.id} className="flex items-center gap-4 px-5 py-2.5">
            <span className="min-w-0 grow">
              <span className="block font-medium wrap-anywhere">
                {STATES[run.state]}
                {run.count != null && `: ${run.count.toLocaleString()} ${run.count === 1 ? 'event' : 'events'}`}
              </span>
              <What run={run} accounts={accounts} />
              {run.progress && <HowFar progress={run.progress} />}
              {run.reason != null && <span className="block text-sm wrap-anywhere text-soft">{run.reason}</span>}
            </span>
            <When at={run.startedAt} className="shrink-0 text-xs text-faint" />
          </li>
        ))}
      </ul>
    </>
  )
}

/** Which events, and who wanted them replayed. */
function What({ run: { target, accountId, by }, accounts }: { run: Run; accounts: AccountState[] | undefined }) {
  const { from, to, event, others } = readTarget(target)
  const { words, id } = readSignature(by)
  const account = accounts?.find((one) => one.id === accountId)
  return (
    <span className="flex flex-wrap items-baseline gap-x-1 text-sm wrap-anywhere text-soft">
      <span>
        {others.length > 0 ? others.join(', ') : 'Events'}
        {account && <>{others.length > 0 ? ', ' : ' of '}<bdi>{accountName(account)}</bdi></>}
        {from !== undefined && <> {to === undefined ? 'since' : 'from'} <Exactly at={from} /></>}
        {to !== undefined && <> to <Exactly at={to} /></>}
        {event !== undefined && `, only “${inWords(event)}”`} · by <bdi>{words}</bdi>
      </span>
      {id !== undefined && (
        <Button look="quiet" className="h-6 px-1.5 text-xs" onClick={() => void copy('Id', id)}>
          Copy id
        </Button>
      )}
    </span>
  )
}

function Exactly({ at }: { at: string }) {
  return <time dateTime={at}>{exactly(at)}</time>
}

function accountName({ name, chatwootAccountId }: AccountState): string {
  return name ?? `Account ${chatwootAccountId}`
}

function HowFar({ progress: { done, total } }: { progress: NonNullable<Run['progress']> }) {
  return (
    <span className="mt-1 flex items-center gap-3 text-sm text-soft tabular-nums">
      <Progress label="Replay" done={total === 0 ? 1 : done / total} className="w-48 max-w-full" />
      {done.toLocaleString()} of {total.toLocaleString()} looked at
    </span>
  )
}
