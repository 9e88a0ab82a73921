import { tab } from '../base/storage.ts'

import type { Provider } from './provider.ts'

/** The people whom an API with `AUTH_MODE=dev` accepts: two, because nobody may approve their own request. */
export const DEVELOPERS = {
  admin: { name: 'Dev Admin', token: 'mock-token' },
  agent: { name: 'Dev Agent', token: 'mock-agent-token' },
} as const

export type Developer = keyof typeof DEVELOPERS

const CHOSEN = 'axis.developer'

/** The person chosen in this tab. */
export function chosen(): Developer {
  return tab.readText(CHOSEN) === 'agent' ? 'agent' : 'admin'
}

export function choose(one: Developer): void {
  tab.writeText(CHOSEN, one)
  window.location.reload()
}

export function developer(): Provider {
  const { token } = DEVELOPERS[chosen()]
  return {
    token: () => Promise.resolve(token),
    endsAt: null,
    renewed: () => Promise.resolve(false),
    anew: () => Promise.resolve(),
    onNew: null,
    tickets: false,
    signOut: null,
  }
}
