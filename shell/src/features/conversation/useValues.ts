import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import type { Conversation } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { myAgent } from '#desk/me.ts'
import { agentsQuery, contactQuery, inboxesQuery } from '#live/queries.ts'

import { type Values, valuesOf } from './variables.ts'

interface Known {
  readonly values: Values
  /** Everything that could be known is loaded. */
  readonly whole: boolean
  /** More is being loaded; never without a network. */
  readonly asking: boolean
}

/** The values of variables in a conversation; loaded once `needed`. */
export function useValues(conversation: Conversation, needed: boolean): Known {
  const { accountId, inboxId } = conversation
  const { contact: known } = conversation
  const asked = [
    useQuery({ ...contactQuery(known?.id ?? ''), enabled: needed && known != null }),
    useQuery({ ...agentsQuery(), refetchInterval: false, enabled: needed }),
    useQuery({ ...inboxesQuery(), refetchInterval: false, enabled: needed }),
  ] as const
  const [{ data: contact }, { data: agents }, { data: inboxes }] = asked
  const values = useMemo(() => {
    const me = myAgent((agents ?? []).filter((one) => one.accountId === accountId))
    const inbox = inboxes?.find((one) => one.accountId === accountId && one.chatwootId === inboxId)
    const agent = me ?? { name: session().person.name }
    return valuesOf({ conversation, contact, agent, inboxName: inbox?.name })
  }, [conversation, contact, agents, inboxes, accountId, inboxId])
  const whole = asked.every(({ data }, index) => data !== undefined || (index === 0 && known == null))
  return { values, whole, asking: asked.some(({ isLoading }) => isLoading) }
}
