import { useState } from 'react'

import { useConnection } from '#live/status.ts'
import { classes } from '#ui/classes.ts'
import { useNow } from '#ui/clock.ts'
import { span } from '#ui/time.ts'
import { tip } from '#ui/tip.ts'

const LOOKS = {
  connecting: { dot: 'bg-faint animate-pulse', word: '…' },
  live: { dot: 'bg-good', word: 'Live' },
  reconnecting: { dot: 'bg-warn animate-pulse', word: '' },
  offline: { dot: 'border-2 border-bad', word: 'Offline' },
  refused: { dot: 'bg-bad', word: 'Not live' },
}

/** What screen readers announce, without the age, which changes all the time. */
const NEWS = {
  connecting: '',
  live: 'Live again',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  refused: 'Not live',
}

/** Shows whether the screen is up to date. */
export function ConnectionMark() {
  const { state, heardAt, why } = useConnection()
  const now = useNow('fast')
  const age = heardAt === null ? null : span(Math.max(0, now - heardAt))
  const { dot, word } = LOOKS[state]
  // A working connection is announced only after a failure.
  const [failed, setFailed] = useState(false)
  if (!failed && state !== 'connecting' && state !== 'live') setFailed(true)
  const label = {
    connecting: 'Connecting',
    live: 'Live: changes appear as they happen',
    reconnecting: age ? `Reconnecting; last contact ${age} ago` : 'Reconnecting',
    offline: age ? `Offline; last contact ${age} ago` : 'Offline',
    refused: `Not live: ${why?.message ?? 'the server refused the connection'}${age ? `; last contact ${age} ago` : ''}`,
  }[state]
  return (
    <>
      <span role="status" className="sr-only">
        {failed && NEWS[state]}
      </span>
      <span
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- shows its words on focus too
        tabIndex={0}
        role="img"
        aria-label={label}
        {...tip(label, undefined, 'right')}
        data-connection={state}
        className="flex h-10 w-12 flex-col items-center justify-center gap-1 rounded-lg"
      >
        <span className={classes('size-2 rounded-full', dot)} />
        <span aria-hidden className="text-[0.625rem] leading-none whitespace-nowrap text-soft tabular-nums">
          {state === 'reconnecting' ? (age ?? '…') : word}
        </span>
      </span>
    </>
  )
}
