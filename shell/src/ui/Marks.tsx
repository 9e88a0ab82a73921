import { CircleCheck, CircleDot, CirclePause, Clock, type LucideIcon, SignalHigh, SignalLow, SignalMedium, TriangleAlert } from 'lucide-react'

import { classes } from './classes.ts'
import { titled } from './words.ts'

const PRIORITY: Record<string, { icon: LucideIcon; colour: string }> = {
  urgent: { icon: TriangleAlert, colour: 'text-bad' },
  high: { icon: SignalHigh, colour: 'text-warn' },
  medium: { icon: SignalMedium, colour: 'text-soft' },
  low: { icon: SignalLow, colour: 'text-faint' },
}

export function PriorityMark({ priority, words = false }: { priority: string; words?: boolean }) {
  const { icon: Icon, colour } = PRIORITY[priority] ?? { icon: SignalLow, colour: 'text-soft' }
  const name = `${titled(priority)} priority`
  return (
    <span title={name} className={classes('inline-flex items-center gap-1', !words && colour)}>
      <Icon aria-hidden className={classes('size-3.5', colour)} />
      <span className={words ? '' : 'sr-only'}>{words ? titled(priority) : name}</span>
    </span>
  )
}

const STATUS: Record<string, { icon: LucideIcon; colour: string }> = {
  open: { icon: CircleDot, colour: 'text-accent' },
  pending: { icon: CirclePause, colour: 'text-warn' },
  snoozed: { icon: Clock, colour: 'text-soft' },
  resolved: { icon: CircleCheck, colour: 'text-good' },
}

export function StatusMark({ status, words = true }: { status: string; words?: boolean }) {
  const { icon: Icon, colour } = STATUS[status] ?? { icon: CircleDot, colour: 'text-soft' }
  return (
    <span className="inline-flex items-center gap-1.5">
      <Icon aria-hidden className={classes('size-3.5', colour)} />
      {words && titled(status)}
    </span>
  )
}

export function Label({ name }: { name: string }) {
  return (
    <span className="inline-flex h-4.5 max-w-28 items-center rounded-full bg-sunken px-1.5 text-[0.6875rem] text-soft">
      <span className="truncate">{name}</span>
    </span>
  )
}
