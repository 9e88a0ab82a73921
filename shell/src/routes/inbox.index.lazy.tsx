import { createLazyRoute } from '@tanstack/react-router'
import { MessagesSquare } from 'lucide-react'

import { Keys } from '#ui/Keys.tsx'
import { Empty } from '#ui/State.tsx'

export const Route = createLazyRoute('/inbox/')({ component: NothingChosen })

function NothingChosen() {
  return (
    <Empty
      icon={MessagesSquare}
      title="Choose a conversation"
      action={
        <p className="flex items-center gap-2 text-sm text-soft">
          <Keys keys="J K" /> next and previous
          <Keys keys="Enter" /> open
        </p>
      }
    />
  )
}
