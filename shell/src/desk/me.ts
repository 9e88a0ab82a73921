/** Which agent of an account this person is. */
import type { Agent } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { local } from '#base/storage.ts'

const place = (accountId: string) => `axis.agent.${session().person.id}.${accountId}`

/** The agent that the API marks as this person, or that they chose here, or else the one with their name. */
export function myAgent(agents: readonly Agent[]): Agent | undefined {
  return (
    agents.find((one) => one.you) ??
    agents.find((one) => local.readJson(place(one.accountId)) === one.chatwootId) ??
    agents.find((one) => one.name === session().person.name)
  )
}

export function rememberMe(agent: Agent): void {
  local.writeJson(place(agent.accountId), agent.chatwootId)
}
