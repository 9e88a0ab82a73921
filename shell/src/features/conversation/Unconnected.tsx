import { useQuery } from '@tanstack/react-query'
import { Unplug } from 'lucide-react'

import type { Conversation } from '#api/types.ts'
import { chatwootQuery } from '#live/queries.ts'

/** Says so if the conversation's account is disconnected: it looks as alive as others, and nothing comes or goes. */
export function Unconnected({ accountId }: Pick<Conversation, 'accountId'>) {
  // The frame's banner keeps it current.
  const connected = useQuery({ ...chatwootQuery(), enabled: false }).data
  if (!connected || connected.some((one) => one.accountId === accountId)) return null
  return (
    <p role="status" className="flex shrink-0 items-center gap-2 border-b border-note-line bg-note px-4 py-2 text-sm text-note-text">
      <Unplug aria-hidden className="size-4 shrink-0" />
      Its Chatwoot account is disconnected: nothing new comes, and what you send or change waits until it is connected again.
    </p>
  )
}
