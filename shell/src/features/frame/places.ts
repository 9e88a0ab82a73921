import { Activity, Gauge, Inbox, type LucideIcon, ShieldCheck } from 'lucide-react'

import type { Permission } from '#api/types.ts'
import { session } from '#auth/session.ts'

interface Place {
  readonly to: '/inbox' | '/approvals' | '/activity' | '/operations'
  readonly name: string
  /** The name of the command that goes there. */
  readonly go: string
  readonly keys: string
  readonly icon: LucideIcon
  /** The permission needed to see it. */
  readonly needs?: Permission
}

/** The screens, from the top. */
export const PLACES: readonly Place[] = [
  { to: '/inbox', name: 'Inbox', go: 'Go to the inbox', keys: 'G I', icon: Inbox },
  { to: '/approvals', name: 'Approvals', go: 'Go to approvals', keys: 'G A', icon: ShieldCheck },
  { to: '/activity', name: 'Activity', go: 'Go to activity', keys: 'G C', icon: Activity },
  { to: '/operations', name: 'Operations', go: 'Go to operations', keys: 'G O', icon: Gauge, needs: 'operations:read' },
]

/** The screens that this person may see. */
export function places(): readonly Place[] {
  return PLACES.filter(({ needs }) => !needs || session().person.may(needs))
}
