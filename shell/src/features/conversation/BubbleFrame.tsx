import { Lock } from 'lucide-react'
import type { ReactNode } from 'react'

import { classes } from '#ui/classes.ts'

export type Look = 'customer' | 'agent' | 'proposed' | 'bot' | 'note' | 'failed' | 'deleted'

const LOOKS: Record<Look, string> = {
  customer: 'border-line bg-surface',
  agent: 'border-accent-line/60 bg-accent-soft',
  proposed: 'border-dashed border-accent bg-transparent',
  bot: 'border-dashed border-accent-line bg-accent-soft/50',
  note: 'border-note-line bg-note',
  failed: 'border-bad-line bg-bad-soft',
  deleted: 'border-line border-dashed bg-transparent text-faint italic',
}

interface FrameProps {
  look: Look
  left: boolean
  first: boolean
  /** Whether only the team sees it. The name says so; a message without a name gets a mark. */
  note: boolean
  /** Whether the person here wrote it. Screen readers say so, since they do not show its side. */
  own: boolean
  dim?: boolean
  name?: ReactNode
  avatar?: ReactNode
  foot?: ReactNode
  /** Buttons beside the message. */
  tools?: ReactNode
  children: ReactNode
}

export function Frame({ look, left, first, note, own, dim = false, name, avatar, foot, tools, children }: FrameProps) {
  return (
    <div className={classes('group flex gap-2.5', left ? 'justify-start' : 'justify-end', first ? 'mt-3' : 'mt-1')}>
      {left && <span className="w-6 shrink-0">{first && avatar}</span>}
      {tools}
      <div className={classes('flex max-w-[min(36rem,82%)] min-w-0 flex-col', left ? 'items-start' : 'items-end')}>
        {first && name && <div className="mb-1 flex max-w-full items-center gap-1 px-1 text-xs text-soft">{name}</div>}
        <div
          className={classes(
            'max-w-full rounded-2xl border px-3.5 py-2 transition-opacity',
            LOOKS[look],
            dim && 'opacity-75',
          )}
        >
          {own && !note && first && <span className="sr-only">You: </span>}
          {note && !first ? (
            <div className="flex gap-1.5">
              <Lock aria-hidden className="mt-1 size-3 shrink-0 text-note-text" />
              <span className="sr-only">Note: </span>
              <div className="min-w-0">{children}</div>
            </div>
          ) : (
            children
          )}
        </div>
        {foot && (
          // As high as the buttons that may be in it, so that the thread does not jump when they go.
          <div className={classes('mt-1 mb-1 flex flex-wrap items-center gap-x-2 gap-y-1 px-1 text-xs text-faint', !left && 'min-h-6 justify-end')}>
            {foot}
          </div>
        )}
      </div>
    </div>
  )
}

export function NoteName({ name }: { name: string }) {
  return (
    <span className="inline-flex items-center gap-1 text-note-text">
      <Lock aria-hidden className="size-3" />
      {name} · Only your team sees this
    </span>
  )
}
