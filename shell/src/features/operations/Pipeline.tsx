import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'

import type { Stage } from '#api/types.ts'
import { classes } from '#ui/classes.ts'
import { span } from '#ui/time.ts'

type Figure = 'oldest' | 'errors'

/** What the stages are called, and the figures that they never have. */
const STAGES: Record<Stage['name'], { name: string; does: string; never?: Figure }> = {
  receiver: { name: 'Receiver', does: 'accepts webhooks' },
  inbound: { name: 'Inbound', does: 'events to process', never: 'errors' },
  sync: { name: 'Sync', does: 'updates the database', never: 'oldest' },
  outbound: { name: 'Outbound', does: 'replies and changes' },
  chatwoot: { name: 'Chatwoot', does: 'receives them' },
  activity: { name: 'Activity', does: 'updates screens', never: 'errors' },
}

/** A figure that the stage has, and that nobody could say at the moment. */
const UNKNOWN = 'not known'

/** What has waited for longer than this is late. Milliseconds. */
const LATE = 60_000

/**
 * The stages in order: in from Chatwoot, out to Chatwoot, on to the screens. The figures of the receiver are those of as
 * many receivers as have answered.
 */
export function Pipeline({ stages, at, receivers }: { stages: Stage[]; at: string; receivers: number | null | undefined }) {
  return (
    <section aria-label="Pipeline" className="mt-5">
      <ol className="grid grid-cols-1 gap-2 two:grid-cols-3 three:grid-cols-6">
        {stages.map((stage, index) => (
          <One key={stage.name} stage={stage} at={at} last={index === stages.length - 1}>
            {stage.name === 'receiver' && receivers != null && <Fact name="Receivers" value={receivers.toLocaleString()} />}
          </One>
        ))}
      </ol>
    </section>
  )
}

function One({ stage, at, last, children }: { stage: Stage; at: string; last: boolean; children?: ReactNode }) {
  const { name, does, never } = STAGES[stage.name]
  const { perMinute, pending, oldestAt, errors } = stage
  const age = oldestAt == null ? null : Date.parse(at) - Date.parse(oldestAt)
  const late = age !== null && age > LATE
  const wrong = (errors ?? 0) > 0
  return (
    <li
      className={classes(
        'relative rounded-2xl border bg-surface px-4 py-3',
        wrong ? 'border-bad-line' : late ? 'border-note-line' : 'border-line',
      )}
    >
      <h2 className="font-semibold">{name}</h2>
      <p className="truncate text-xs text-soft">{does}</p>
      <p className="mt-2 text-lg leading-tight font-semibold tabular-nums">
        {perMinute == null ? '–' : rate(perMinute)}
        <span className="ml-1 text-xs font-normal text-soft">a minute</span>
      </p>
      <dl className="mt-1 text-xs text-soft tabular-nums">
        <Fact name="Waiting" value={pending == null ? UNKNOWN : pending.toLocaleString()} />
        {never !== 'oldest' && (
          <Fact name="Oldest" value={age !== null ? span(age) : pending === 0 ? 'none' : UNKNOWN} look={late ? 'font-medium text-warn' : ''} />
        )}
        {never !== 'errors' && (
          <Fact name="Errors" value={errors == null ? UNKNOWN : errors.toLocaleString()} look={wrong ? 'font-medium text-bad' : ''} />
        )}
        {children}
      </dl>
      {!last && (
        <ChevronRight
          aria-hidden
          className="absolute top-1/2 -right-3 z-10 hidden size-4 -translate-y-1/2 rounded-full bg-ground text-faint three:block"
        />
      )}
    </li>
  )
}

function Fact({ name, value, look = '' }: { name: string; value: string; look?: string }) {
  return (
    <div className="flex justify-between gap-2">
      <dt>{name}</dt>
      <dd className={look}>{value}</dd>
    </div>
  )
}

function rate(perMinute: number): string {
  return perMinute >= 10 || perMinute === 0 ? Math.round(perMinute).toLocaleString() : perMinute.toFixed(1)
}
