import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronLeft, TriangleAlert } from 'lucide-react'
import { useState } from 'react'

import type { Health } from '#api/health.ts'
import type { ChatwootState } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { chatwootQuery, healthQuery } from '#live/queries.ts'
import { useConnection } from '#live/status.ts'
import { IconButton } from '#ui/Button.tsx'
import { keepToastsClear } from '#ui/toasts.ts'
import { chatwootName, chatwootTrouble, partName } from '#ui/words.ts'

/**
 * How often the state is loaded: usually, and while there is trouble, because people wait for its end. Milliseconds.
 */
const PACE = 15_000
const PACE_IN_TROUBLE = 5_000

/**
 * The state of the system while something is wrong, and nothing else. It lies over the screen, so that nothing moves
 * when it comes and goes, lets clicks through except on its own buttons, and can be folded.
 */
export default function Banner() {
  return (
    // Always there, because many screen readers ignore a region that appears together with its text.
    <div role="status" aria-label="State of the system">
      <Troubles />
    </div>
  )
}

function Troubles() {
  const { person } = session()
  const offline = useConnection().state === 'offline'
  const [inTrouble, setInTrouble] = useState(false)
  const refetchInterval = inTrouble ? PACE_IN_TROUBLE : PACE
  const health = useQuery({ ...healthQuery(), refetchInterval }).data
  const accounts = useQuery({ ...chatwootQuery(), refetchInterval, enabled: person.may('conversations:read') }).data ?? []
  const troubles = [...partsInTrouble(health, person.may('operations:read')), ...accountsInTrouble(accounts)]
  if (inTrouble !== troubles.length > 0) setInTrouble(!inTrouble)
  // A new kind of trouble unfolds it again; more of the same does not.
  const kinds = troubles.map(({ kind }) => kind).join(' ')
  const [folded, setFolded] = useState('')
  // The connection mark says it already, and the state shown here would be old.
  if (offline || troubles.length === 0) return null
  const place = 'rise fixed top-15 left-3 z-10 two:top-auto two:bottom-[calc(1rem+var(--bar-room,0px))] two:left-18'
  if (folded === kinds) {
    return (
      <button
        ref={keepsClear}
        type="button"
        aria-label="Show the state of the system"
        onClick={() => setFolded('')}
        className={`${place} flex size-9 items-center justify-center rounded-full border border-note-line bg-note text-note-text shadow-raised`}
      >
        <TriangleAlert aria-hidden className="size-4" />
      </button>
    )
  }
  return (
    <div
      ref={keepsClear}
      className={`${place} pointer-events-none flex max-w-[min(20rem,calc(100vw-1.5rem))] items-start gap-2 rounded-xl border border-note-line bg-note py-2 pr-1.5 pl-3 text-sm text-note-text shadow-raised`}
    >
      <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
      <p className="min-w-0 grow">
        {troubles.map(({ words }) => words).join('. ')}.
        {person.may('operations:read') && (
          <>
            {' '}
            <Link to="/operations" className="pointer-events-auto underline underline-offset-2">
              Operations
            </Link>
          </>
        )}
      </p>
      <IconButton label="Hide" className="pointer-events-auto -my-1.5" onClick={() => setFolded(kinds)}>
        <ChevronLeft />
      </IconButton>
    </div>
  )
}

/** The space between the banner and toasts. Pixels. */
const GAP = 8

/** Keeps toasts clear of the banner, whose height depends on its words and on the window. */
function keepsClear(element: HTMLElement | null) {
  if (!element) return
  const tell = () => keepToastsClear('banner', element.offsetHeight + GAP)
  const release = tell()
  const observer = new ResizeObserver(tell)
  observer.observe(element)
  return () => {
    observer.disconnect()
    release()
  }
}

interface Trouble {
  /** Identifies a trouble for as long as it lasts. */
  kind: string
  words: string
}

function partsInTrouble(health: Health | undefined, operator: boolean): Trouble[] {
  return Object.entries(health?.checks ?? {})
    .filter(([, { status }]) => status !== 'up')
    .map(([part, { status, detail }]) => {
      // Only operators can do something with the details of streams.
      const why = part === 'streams' && !operator ? undefined : detail
      return {
        kind: `${part}:${status}`,
        words: `${partName(part)}: ${why ?? (status === 'down' ? 'down' : 'not working properly')}`,
      }
    })
}

function accountsInTrouble(accounts: readonly ChatwootState[]): Trouble[] {
  return accounts.flatMap((account) => {
    const trouble = chatwootTrouble(account)
    if (trouble === null) return []
    const { accountId, state, waiting } = account
    const waits = waiting === 0 ? '' : `; ${waiting === 1 ? '1 reply or change is' : `${waiting.toLocaleString()} replies and changes are`} waiting`
    return { kind: `${accountId}:${state}`, words: `${chatwootName(account, accounts)} ${trouble}${waits}` }
  })
}
