/** Which of Chatwoot's agents this person is. In another account the same number is somebody else. */
import type { QueryClient } from '@tanstack/react-query'

import type { Agent } from '../api/types.ts'

import { keys } from './keys.ts'

/** Whether this agent is the person who is signed in. */
export type Mine = (accountId: string, agentId: number) => boolean

/** As the API says it, which also uses it for `assigneeId=me`. Returns null until the agents are loaded. */
export function mineOf(client: QueryClient): Mine | null {
  const agents = client.getQueryData<{ data: Agent[] }>(keys.catalogue('agents'))?.data
  if (!agents) return null
  return (accountId, agentId) => agents.some((one) => one.you && one.accountId === accountId && one.chatwootId === agentId)
}
