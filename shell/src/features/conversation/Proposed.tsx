import { Link, useLocation } from '@tanstack/react-router'
import { Hourglass } from 'lucide-react'

import type { Approval } from '#api/types.ts'
import { timeOfDay } from '#ui/time.ts'

import { Frame } from './BubbleFrame.tsx'
import { Text } from './Text.tsx'

/** A reply that is sent once somebody approves it. */
export function Proposed({ approval }: { approval: Approval }) {
  const { id, requestedBy, createdAt, metadata, stale } = approval
  const open = useLocation({ select: ({ pathname }) => pathname === `/approvals/${id}` })
  return (
    <Frame
      look="proposed"
      left={false}
      first
      note={false}
      own={false}
      name={`${requestedBy} proposes`}
      foot={
        <>
          <time dateTime={createdAt} className="tabular-nums">
            {timeOfDay(createdAt)}
          </time>
          <span className="inline-flex items-center gap-1">
            <Hourglass aria-hidden className="size-3.5" />
            Waiting for approval{stale && '; the customer has written since'}
          </span>
          {/* Beside the request itself, there is nothing to open. */}
          {!open && (
            <Link to="/approvals/$id" params={{ id }} className="text-accent underline underline-offset-2">
              Open the approval
            </Link>
          )}
        </>
      }
    >
      <Text text={typeof metadata.content === 'string' ? metadata.content : ''} mail={false} />
    </Frame>
  )
}
