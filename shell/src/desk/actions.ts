/** What people can do with conversations: name, icon, key and permission of each action, wherever it is offered. */
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
  /** Used in menus, where dots say that a question comes first. */
  readonly name: string
  /** Used on buttons and in the list of keyboard shortcuts. */
  readonly short: string
  readonly keys?: string
  readonly icon: LucideIcon
}

/** In the order in which the list of keyboard shortcuts shows them. */
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

/** The actions that have a key and that this person has permission for. */
export function actionsByKey(): [ActionName, Action & { readonly keys: string }][] {
  return Object.entries(ACTIONS).flatMap(([name, { keys, ...rest }]) =>
    keys !== undefined && mayDo(name as ActionName) ? [[name as ActionName, { ...rest, keys }]] : [],
  )
}

export function mayDo(what: ActionName): boolean {
  return mayAsk(what === 'escalate' ? what : undefined)
}

/** Whether it can be done with these conversations at once: an escalation is about one. */
export function canDo(what: ActionName, about: readonly string[]): boolean {
  return about.length > 0 && (what !== 'escalate' || about.length === 1)
}

/** The action that resolves conversations, or reopens them if they are resolved; both have the same key. */
export function endingOf(resolved: boolean): Pick<Action, 'name' | 'icon'> & { readonly change: Change } {
  return resolved
    ? { name: 'Reopen', icon: CircleDot, change: { status: 'open' } }
    : { name: ACTIONS.resolve.name, icon: ACTIONS.resolve.icon, change: { status: 'resolved' } }
}

/** Carries out an action, after asking what it needs to know. */
export function perform(what: ActionName, about: readonly string[], at?: Asked['at']): void {
  if (!canDo(what, about)) return
  if (what === 'resolve') want(about, endingOf(false).change)
  else if (what === 'unread') wantUnread(about)
  else ask(what, about, { at })
}
