import type { Failure } from '../api/failure.ts'
import { createStore, useStore } from '../base/store.ts'

/** The state of the connection, as people see it. */
export interface ConnectionStatus {
  readonly state: 'connecting' | 'live' | 'reconnecting' | 'offline' | 'refused'
  /** The reason for a refusal. */
  readonly why?: Failure
  /** When something last came, in milliseconds since 1970; null before the first time. */
  readonly heardAt: number | null
}

export const connectionStatus = createStore<ConnectionStatus>({ state: 'connecting', heardAt: null })

/**
 * Whether there is no network. Lists do not load more by themselves then, because after a failure all that is loaded is
 * loaded again when the network is back.
 */
export function useOffline(): boolean {
  return useStore(connectionStatus, ({ state }) => state === 'offline')
}

export function useConnection(): ConnectionStatus {
  return useStore(connectionStatus)
}
