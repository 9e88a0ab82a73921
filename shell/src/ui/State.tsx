import { CloudOff, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

import { OFFLINE } from '#api/failure.ts'

import { Button } from './Button.tsx'

interface EmptyProps {
  icon: LucideIcon
  title: string
  children?: ReactNode
  action?: ReactNode
  /** It is all that the page shows, so its title is the heading. */
  alone?: boolean
}

/** Says that there is nothing to show, and why. */
export function Empty({ icon: Icon, title, children, action, alone = false }: EmptyProps) {
  const Title = alone ? 'h1' : 'p'
  return (
    <div className="flex h-full flex-col items-center justify-center gap-1 px-8 py-12 text-center">
      <Icon aria-hidden className="mb-2 size-6 text-faint" strokeWidth={1.5} />
      <Title className="font-medium">{title}</Title>
      {children && <p className="max-w-72 text-sm text-soft">{children}</p>}
      {action && <div className="mt-3">{action}</div>}
    </div>
  )
}

/** Says in words what went wrong, with a button to try again. */
export function Failed({ what, error, retry }: { what: string; error: Error; retry: () => void }) {
  const traceId = 'traceId' in error && typeof error.traceId === 'string' ? error.traceId : null
  const offline = 'code' in error && error.code === OFFLINE
  return (
    <div role="alert" className="flex h-full flex-col items-center justify-center gap-1 px-8 py-12 text-center">
      <CloudOff aria-hidden className="mb-2 size-6 text-bad" strokeWidth={1.5} />
      <p className="font-medium">{what}</p>
      <p className="max-w-80 text-sm text-soft first-letter:uppercase">{error.message}</p>
      {offline && <p className="max-w-80 text-sm text-soft">It will load when you are back online.</p>}
      {traceId && <p className="text-xs text-faint">Trace {traceId}</p>}
      <Button className="mt-3" onClick={retry}>
        Try again
      </Button>
    </div>
  )
}

/** Says that the content may be out of date, if it could not be loaded again. */
export function Stale({ of: { error, data } }: { of: { error: Error | null; data: unknown } }) {
  if (!error || data === undefined) return null
  return (
    <p role="alert" className="my-4 flex items-center gap-2 rounded-xl border border-note-line bg-note px-4 py-2 text-sm text-note-text">
      <CloudOff aria-hidden className="size-4 shrink-0" />
      <span>This may be out of date: {error.message}.</span>
    </p>
  )
}

/** A line that says what did not load; pressing it tries again. */
export function TryAgain({ what, retry }: { what: string; retry: () => void }) {
  return (
    <p role="alert" className="py-2 text-center text-sm">
      <button type="button" className="text-bad underline" onClick={retry}>
        {what} did not load. Try again
      </button>
    </p>
  )
}
