/** Whose lines can be chosen. */
import type { Activity } from '#api/types.ts'

import { ACTORS, type TimelineView } from './view.ts'

type Chosen = { [K in 'actor' | 'accountId']?: TimelineView[K] | undefined }

export interface Who extends Chosen {
  value: string
  label: string
}

/** Actors whose ids Chatwoot gives: in another installation, the same id is somebody else. */
const OF_CHATWOOT = new Set(['contact', 'user', 'agent_bot'])

export function valueOf({ actor = '', accountId }: Chosen): string | undefined {
  return (accountId === undefined ? actor : `${actor} in ${accountId}`) || undefined
}

const who = (label: string, { actor, accountId }: Chosen): Who => ({
  value: valueOf({ actor, accountId }) ?? '',
  label,
  actor,
  accountId,
})

/** Groups of actors, and everybody who is named in the loaded lines. */
export function everybody(rows: readonly Activity[], view: Chosen): Who[] {
  const people = [...named(rows)].flatMap(([actor, names]) => oneOrMore(actor, names, view))
  people.sort((a, b) => a.label.localeCompare(b.label))
  const all = [...ACTORS.map(({ value, label }) => who(label, { actor: value })), ...people]
  const value = valueOf(view)
  const known = value === undefined || all.some((one) => one.value === value)
  return known ? all : [...all, who(view.actor ?? '', view)]
}

/** By actor, the name that each account's lines give them; the newest line is the first. */
function named(rows: readonly Activity[]) {
  const found = new Map<string, Map<string | undefined, string>>()
  for (const { actor, accountId } of rows) {
    if (!actor?.id || !actor.name) continue
    const key = `${actor.type}:${actor.id}`
    const names = found.get(key) ?? new Map<string | undefined, string>()
    const account = OF_CHATWOOT.has(actor.type) ? (accountId ?? undefined) : undefined
    if (!names.has(account)) names.set(account, actor.name)
    found.set(key, names)
  }
  return found
}

/** The people who have this id. */
function oneOrMore(actor: string, names: ReadonlyMap<string | undefined, string>, view: Chosen): Who[] {
  const all = new Set(names.values())
  const together = who([...all].join(' / '), { actor })
  const chosen = view.actor === actor
  // An address without an account shows everybody who has this id.
  const joint = chosen && view.accountId === undefined
  // A contact is of one account; an agent may be the same person in several.
  const apart = all.size > 1 || (!joint && (chosen || actor.startsWith('contact:')))
  if (!apart) return [together]
  const each = [...names].map(([accountId, name]) => who(name, { actor, accountId }))
  return joint ? [together, ...each] : each
}
