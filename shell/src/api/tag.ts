import type { Approval } from './types.ts'

/**
 * The entity tag of a row that last changed then: the API's own, which comes with answers but not
 * with what the stream tells.
 */
export function tagOf(updatedAt: string): string {
  return `"${micros(updatedAt).toString(16)}"`
}

/** What the customer has written since counts too. */
export function approvalTag({ updatedAt, lastHeardAt }: Pick<Approval, 'updatedAt' | 'lastHeardAt'>): string {
  return `"${micros(updatedAt).toString(16)}-${(lastHeardAt == null ? 0n : micros(lastHeardAt)).toString(16)}"`
}

function micros(updatedAt: string): bigint {
  const seconds = BigInt(Date.parse(`${updatedAt.slice(0, 19)}Z`)) / 1000n
  return seconds * 1_000_000n + BigInt(updatedAt.slice(20, -1).padEnd(6, '0').slice(0, 6))
}
