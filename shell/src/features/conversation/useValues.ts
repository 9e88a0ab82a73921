import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import type { Conversation } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { myAgent } from '#desk/me.ts'
import { agentsQuery, contactQuery, inboxesQuery } from '#live/queries.ts'

import { type Values, valuesOf } from './variables.ts'

/** What variables stand for in a conversation, asked for once somebody needs it; and whether more may be known in a moment. */
export function useValues(conversation: Conversation, needed: boolean): { values: Values; asking: boolean } {
  const { accountId, inboxId } = conversation
  const { contact: known } = conversation
  const { data: contact, isLoading: asksContact } = useQuery({ ...contactQuery(known?.id ?? ''), enabled: needed && known != null })
  const { data: agents, isLoading: asksAgents } = useQuery({ ...agentsQuery(), refetchInterval: false, enabled: needed })
  const { data: inboxes, isLoading: asksInboxes } = useQuery({ ...inboxesQuery(), refetchInterval: false, enabled: needed })
  const values = useMemo(() => {
    const me = myAgent((agents ?? []).filter((one) => one.accountId === accountId))
    const inbox = inboxes?.find((one) => one.accountId === accountId && one.chatwootId === inboxId)
    const agent = me ?? { name: session().person.name }
    return valuesOf({ conversation, contact, agent, inboxName: inbox?.name })
  }, [conversation, contact, agents, inboxes, accountId, inboxId])
  return { values, asking: asksContact || asksAgents || asksInboxes }
}
