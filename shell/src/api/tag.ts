import type { Approval } from './types.ts'

/** The entity tag of a row with this `updatedAt`. The API sends tags with answers, but not with events. */
export function tagOf(updatedAt: string): string {
  return `"${micros(updatedAt).toString(16)}"`
}

/** The entity tag of an approval, which also changes when the customer writes. */
export function approvalTag({ updatedAt, lastHeardAt }: Pick<Approval, 'updatedAt' | 'lastHeardAt'>): string {
  return `"${micros(updatedAt).toString(16)}-${(lastHeardAt == null ? 0n : micros(lastHeardAt)).toString(16)}"`
}

function micros(updatedAt: string): bigint {
  const seconds = BigInt(Date.parse(`${updatedAt.slice(0, 19)}Z`)) / 1000n
  return seconds * 1_000_000n + BigInt(updatedAt.slice(20, -1).padEnd(6, '0').slice(0, 6))
}
