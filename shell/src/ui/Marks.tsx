import {
  ArrowDown,
  ArrowUp,
  Ban,
  CircleCheck,
  CircleDot,
  CirclePause,
  CircleX,
  Clock,
  Equal,
  Hourglass,
  type LucideIcon,
  OctagonAlert,
  ShieldCheck,
} from 'lucide-react'

import type { ApprovalStatus } from '../api/types.ts'

import { classes } from './classes.ts'
import { titled } from './words.ts'

/** Each fills its box with a shape of its own: in a row they are small, and only one line each. */
const PRIORITY: Record<string, { icon: LucideIcon; colour: string }> = {
  urgent: { icon: OctagonAlert, colour: 'text-bad' },
  high: { icon: ArrowUp, colour: 'text-warn' },
  medium: { icon: Equal, colour: 'text-soft' },
  low: { icon: ArrowDown, colour: 'text-soft' },
}

export function PriorityMark({ priority, words = false }: { priority: string; words?: boolean }) {
  const { icon: Icon, colour } = PRIORITY[priority] ?? { icon: CircleDot, colour: 'text-soft' }
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

export const APPROVAL_STATUSES: Record<ApprovalStatus, { name: string; icon: LucideIcon; colour: string }> = {
  submitted: { name: 'Waiting', icon: Hourglass, colour: 'text-warn' },
  approved: { name: 'Approved', icon: CircleCheck, colour: 'text-good' },
  rejected: { name: 'Rejected', icon: CircleX, colour: 'text-bad' },
  withdrawn: { name: 'Withdrawn', icon: Ban, colour: 'text-faint' },
}

export function ApprovalMark({ status }: { status: string }) {
  const known: Record<string, (typeof APPROVAL_STATUSES)[ApprovalStatus]> = APPROVAL_STATUSES
  const { name, icon: Icon, colour } = known[status] ?? { name: titled(status), icon: ShieldCheck, colour: 'text-soft' }
  return (
    <span className="inline-flex shrink-0 items-center gap-1.5 text-sm">
      <Icon aria-hidden className={classes('size-4', colour)} />
      {name}
    </span>
  )
}

/** A label. Unless `whole`, a long one is cut off. */
export function Label({ name, whole = false }: { name: string; whole?: boolean }) {
  return (
    <span
      className={classes(
        'inline-flex min-h-4.5 items-center rounded-full bg-sunken px-1.5 text-[0.6875rem] text-soft',
        !whole && 'h-4.5 max-w-28',
      )}
    >
      <span dir="auto" className={whole ? 'wrap-anywhere' : 'truncate'}>
        {name}
      </span>
    </span>
  )
}
