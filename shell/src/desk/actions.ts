/** What people do with conversations: by which name, icon and key, and who may, wherever it is offered. */
import {
  CircleCheck,
  CircleDot,
  Clock,
  type LucideIcon,
  MailOpen,
  ShieldAlert,
  SignalHigh,
  Tag,
  UserRound,
  UsersRound,
} from 'lucide-react'

import { ask, type Asked, mayAsk, type Question, want, wantUnread } from './asked.ts'
import type { Change } from './change.ts'

export type ActionName = Question | 'resolve' | 'unread'

export interface Action {
  /** In menus, where dots say that something is asked first. */
  readonly name: string
  /** On buttons, and where all keys are shown. */
  readonly short: string
  readonly keys?: string
  readonly icon: LucideIcon
}

/** In the order in which all keys are shown. */
export const ACTIONS: Readonly<Record<ActionName, Action>> = {
  resolve: { name: 'Resolve', short: 'Resolve and go to the next', keys: 'E', icon: CircleCheck },
  snooze: { name: 'Snooze…', short: 'Snooze', keys: 'S', icon: Clock },
  assignee: { name: 'Assign…', short: 'Assign', keys: 'A', icon: UserRound },
  me: { name: 'Assign to me', short: 'Assign to me', keys: 'M', icon: UserRound },
  team: { name: 'Assign to a team…', short: 'Team', keys: 'T', icon: UsersRound },
  labels: { name: 'Label…', short: 'Labels', keys: 'L', icon: Tag },
  priority: { name: 'Set priority…', short: 'Priority', keys: 'P', icon: SignalHigh },
  unread: { name: 'Mark as unread', short: 'Mark as unread', keys: 'U', icon: MailOpen },
  escalate: { name: 'Escalate…', short: 'Escalate', icon: ShieldAlert },
  status: { name: 'Set status…', short: 'Status', icon: CircleDot },
}

/** The actions that have a key and that the person here may do. */
export function actionsByKey(): [ActionName, Action & { readonly keys: string }][] {
  return Object.entries(ACTIONS).flatMap(([name, { keys, ...rest }]) =>
    keys !== undefined && mayDo(name as ActionName) ? [[name as ActionName, { ...rest, keys }]] : [],
  )
}

export function mayDo(what: ActionName): boolean {
  return mayAsk(what === 'escalate' ? what : undefined)
}

/** What ends conversations, or begins them again if they are resolved; both have one key. */
export function endingOf(resolved: boolean): Pick<Action, 'name' | 'icon'> & { readonly change: Change } {
  return resolved
    ? { name: 'Reopen', icon: CircleDot, change: { status: 'open' } }
    : { name: ACTIONS.resolve.name, icon: ACTIONS.resolve.icon, change: { status: 'resolved' } }
}

/** Does it, once what it asks is answered. */
export function perform(what: ActionName, about: readonly string[], at?: Asked['at']): void {
  if (what === 'resolve') want(about, endingOf(false).change)
  else if (what === 'unread') wantUnread(about)
  // One request is about one of them.
  else ask(what, what === 'escalate' ? about.slice(0, 1) : about, { at })
}
