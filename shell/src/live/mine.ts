/** Which agents of Chatwoot the person here is: a number is somebody else in every other account. */
import type { QueryClient } from '@tanstack/react-query'

import type { Agent } from '../api/types.ts'

import { keys } from './keys.ts'

/** Whether this agent is the person here. */
export type Mine = (accountId: string, agentId: number) => boolean

/** As the API says it, which lists `assigneeId=me` by that; null before it has. */
export function mineOf(client: QueryClient): Mine | null {
  const agents = client.getQueryData<{ data: Agent[] }>(keys.catalogue('agents'))?.data
  if (!agents) return null
  return (accountId, agentId) => agents.some((one) => one.you && one.accountId === accountId && one.chatwootId === agentId)
}
