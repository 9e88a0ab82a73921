import type { Failure } from '../api/failure.ts'
import { createStore, useStore } from '../base/store.ts'

/** How the connection is, for people. */
export interface ConnectionStatus {
  readonly state: 'connecting' | 'live' | 'reconnecting' | 'offline' | 'refused'
  /** Why it is refused, if it is. */
  readonly why?: Failure
  /** When something was last heard, in milliseconds since 1970; null before the first time. */
  readonly heardAt: number | null
}

export const connectionStatus = createStore<ConnectionStatus>({ state: 'connecting', heardAt: null })

/**
 * Whether there is no network. More of a list is not asked for by itself then: once that has failed, all of what is there
 * is read again with the network.
 */
export function useOffline(): boolean {
  return useStore(connectionStatus, ({ state }) => state === 'offline')
}

export function useConnection(): ConnectionStatus {
  return useStore(connectionStatus)
}
