/** Which of an account's agents the person here is. */
import type { Agent } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { local } from '#base/storage.ts'

const place = (accountId: string) => `axis.agent.${session().person.id}.${accountId}`

/** The one that the API says, or that the person has named here, or else the one of the same name. */
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
