import type { ApprovalFilter, ApprovalStatus } from '#api/types.ts'

/** What the list of approvals shows, as stored in the address. */
export interface ApprovalsView {
  /** Whose requests; everybody's if left out. */
  show?: Show
  status?: ApprovalStatus
  type?: string
}

export type Show = 'waiting' | 'mine' | 'decided'

export const SHOWS: Record<Show, string> = {
  waiting: 'Waiting for me',
  mine: 'Requested by me',
  decided: 'Decided by me',
}

const STATUSES: readonly string[] = ['submitted', 'approved', 'rejected', 'withdrawn'] satisfies ApprovalStatus[]

function isStatus(value: unknown): value is ApprovalStatus {
  return typeof value === 'string' && STATUSES.includes(value)
}

/** Reads an address, leaving out what is invalid. */
export function readApprovalsView({ show, status, type }: Record<string, unknown>): ApprovalsView {
  return {
    ...(typeof show === 'string' && Object.hasOwn(SHOWS, show) && { show: show as Show }),
    // What is waiting has only one status.
    ...(isStatus(status) && show !== 'waiting' && { status }),
    ...(typeof type === 'string' && /^[a-z0-9_-]{1,64}$/.test(type) && { type }),
  }
}

/** The API's filter for a view. */
export function approvalFilterOf({ show, ...rest }: ApprovalsView): ApprovalFilter {
  if (show === 'waiting') return { ...rest, waitingFor: 'me' }
  if (show === 'mine') return { ...rest, requestedBy: 'me' }
  return show === 'decided' ? { ...rest, decidedBy: 'me' } : rest
}
