/** What was replayed and who asked for it, which the API tells as the audit has it. */
import { session } from '#auth/session.ts'

export interface Replayed {
  readonly from?: string
  readonly to?: string
  /** The only event that was replayed. */
  readonly event?: string
  /** What is not understood here, as it was told. */
  readonly others: readonly string[]
}

/** Reads a target such as `from 2026-11-29T08:00:00+00:00, account 7, event message_created`. */
export function readTarget(target: string): Replayed {
  const others: string[] = []
  const read: { from?: string; to?: string; event?: string } = {}
  for (const part of target.split(', ')) {
    const [, name, value] = /^(from|to|event|account) (\S+)$/.exec(part) ?? []
    if (value === undefined || (name !== 'event' && name !== 'account' && Number.isNaN(Date.parse(value)))) others.push(part)
    // The account has a field of its own.
    else if (name === 'from' || name === 'to' || name === 'event') read[name] = value
  }
  return { ...read, others }
}

export interface Who {
  readonly words: string
  /** What tells them from others, if the words do not. */
  readonly id?: string
}

const KINDS: Record<string, string> = { member: 'a colleague', api_key: 'an API key', installation_key: 'a key of the installation' }
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Reads a signature such as `member ana`; operators with `axis` have just a name. */
export function readSignature(by: string): Who {
  const [kind = '', id] = by.split(' ')
  const words = KINDS[kind]
  if (words === undefined || id === undefined) return { words: by }
  if (kind === 'member' && id === session().person.id) return { words: 'you' }
  return kind === 'member' && !UUID.test(id) ? { words: id } : { words, id }
}
