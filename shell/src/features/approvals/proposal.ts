import type { Approval } from '#api/types.ts'

/** Whether approving it sends a reply. */
export function isProposal({ type, metadata }: Approval): boolean {
  return type === 'proposed_reply' && typeof metadata.content === 'string'
}

export function proposedText({ metadata }: Approval): string {
  return typeof metadata.content === 'string' ? metadata.content : ''
}
