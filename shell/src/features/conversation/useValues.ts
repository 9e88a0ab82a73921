import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import type { Conversation } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { myAgent } from '#desk/me.ts'
import { agentsQuery, contactQuery, inboxesQuery } from '#live/queries.ts'

import { type Values, valuesOf } from './variables.ts'

/** What variables stand for in a conversation; asked for once somebody needs it. */
export function useValues(conversation: Conversation, needed: boolean): Values {
  const { accountId, inboxId } = conversation
  const { contact: known } = conversation
  const contact = useQuery({ ...contactQuery(known?.id ?? ''), enabled: needed && known != null }).data
  const agents = useQuery({ ...agentsQuery(), refetchInterval: false, enabled: needed }).data
  const inboxes = useQuery({ ...inboxesQuery(), refetchInterval: false, enabled: needed }).data
  return useMemo(() => {
    const me = myAgent((agents ?? []).filter((one) => one.accountId === accountId))
    const inbox = inboxes?.find((one) => one.accountId === accountId && one.chatwootId === inboxId)
    const agent = me ?? { name: session().person.name }
    return valuesOf({ conversation, contact, agent, inboxName: inbox?.name })
  }, [conversation, contact, agents, inboxes, accountId, inboxId])
}
