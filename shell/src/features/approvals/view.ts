import type { ApprovalStatus } from '#api/types.ts'

/** What the list of approvals shows, as its address says it. */
export interface ApprovalsView {
  status?: ApprovalStatus
}

const STATUSES: readonly string[] = ['submitted', 'approved', 'rejected', 'withdrawn'] satisfies ApprovalStatus[]

export function isStatus(value: unknown): value is ApprovalStatus {
  return typeof value === 'string' && STATUSES.includes(value)
}

export function readApprovalsView(search: Record<string, unknown>): ApprovalsView {
  return isStatus(search.status) ? { status: search.status } : {}
}
