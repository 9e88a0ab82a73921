import { Unplug, X } from 'lucide-react'
import { useState } from 'react'

import type { Failure } from '#api/failure.ts'
import { useEnded } from '#auth/ended.ts'
import { useLive } from '#live/context.ts'
import { useConnection } from '#live/status.ts'
import { Button, IconButton } from '#ui/Button.tsx'

import { useKept } from './kept.ts'

/** What the person can do about it. */
function wayOn({ status }: Failure, kept: string): { words: string; reloads?: string } {
  switch (status) {
    case 401:
      return { words: `The server no longer accepts your sign-in. Sign in again; ${kept}.`, reloads: 'Sign in' }
    case 403:
      return { words: 'Your role does not include live updates. Ask an administrator; until then, reload the page to see what is new.' }
    default:
      return { words: 'The server does not offer live updates. Reload the page; if that does not help, tell an administrator.', reloads: 'Reload' }
  }
}

/**
 * Says above the workspace that the screen no longer updates by itself, because the server refuses the live connection
 * for good, and what to do.
 */
export function NotLive() {
  const live = useLive()
  const { state, why } = useConnection()
  const ended = useEnded()
  const kept = useKept()
  const [dismissed, setDismissed] = useState<number | null>(null)
  // If it is refused again later, show it again.
  if (state === 'live' && dismissed !== null) setDismissed(null)
  if (state !== 'refused' || !why || ended || dismissed === why.status) return null
  const { words, reloads } = wayOn(why, kept)
  return (
    <div
      role="alert"
      className="flex max-h-[40dvh] shrink-0 flex-wrap items-center justify-end gap-x-3 gap-y-2 overflow-y-auto border-b border-line bg-raised py-2 pr-2 pl-4"
    >
      <Unplug aria-hidden className="size-4 shrink-0 text-bad" />
      <div className="min-w-0 grow basis-60">
        <p className="font-medium">This page is not updating live.</p>
        <p className="text-sm text-soft">{words}</p>
        <p className="text-sm wrap-anywhere text-faint">
          {why.status}: {why.message}
          {why.traceId !== undefined && ` (trace ${why.traceId})`}
        </p>
      </div>
      {reloads !== undefined && (
        <Button look="primary" onClick={() => window.location.reload()}>
          {reloads}
        </Button>
      )}
      <Button onClick={() => void live.reconnect()}>Try again</Button>
      <IconButton label="Dismiss" onClick={() => setDismissed(why.status)}>
        <X />
      </IconButton>
    </div>
  )
}
