import { createLazyRoute } from '@tanstack/react-router'

import { Conversation } from '#features/conversation/Conversation.tsx'

export const Route = createLazyRoute('/inbox/$id')({ component: ConversationScreen })

function ConversationScreen() {
  const { id } = Route.useParams()
  return <Conversation key={id} id={id} />
}
