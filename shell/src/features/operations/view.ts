import { compact } from '#base/compact.ts'

/** What the screen shows, as stored in the address. */
export interface OperationsView {
  show?: Part
  reason?: string
  stream?: string
  letter?: string
}

export const PARTS = { 'dead-letters': 'Dead letters', accounts: 'Accounts', replay: 'Replay' } as const
export type Part = keyof typeof PARTS

export function readOperationsView(search: Record<string, unknown>): OperationsView {
  const text = (name: keyof OperationsView) => {
    const value = search[name]
    return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined
  }
  const { show } = search
  if (typeof show !== 'string' || !Object.hasOwn(PARTS, show)) return {}
  return compact<OperationsView>({ show: show as Part, reason: text('reason'), stream: text('stream'), letter: text('letter') })
}
