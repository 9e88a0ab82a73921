import type { ReactNode } from 'react'

import { ACTIONS } from '#desk/actions.ts'
import { ask, mayAsk, type Question } from '#desk/asked.ts'
import { classes } from '#ui/classes.ts'
import { tip } from '#ui/tip.ts'

interface AskingProps {
  what: Question
  about: string
  /** A name for those who do not see where it stands. */
  label: string
  className?: string
  children: ReactNode
}

/** Shows a value, and lets people with permission change it. */
export function Asking({ what, about, label, className, children }: AskingProps) {
  const look = '-mx-1.5 -my-0.5 inline-flex min-h-6 max-w-full min-w-0 items-center rounded-md px-1.5 py-0.5 text-left'
  const said = (
    <>
      <span className="sr-only">{label}: </span>
      {children}
    </>
  )
  if (!mayAsk(what)) return <span className={classes(look, className)}>{said}</span>
  return (
    <button
      type="button"
      {...tip(`Change ${label.toLowerCase()}`, ACTIONS[what].keys)}
      onClick={(event) => ask(what, [about], { at: event.currentTarget.getBoundingClientRect() })}
      className={classes(look, 'hover:bg-hover', className)}
    >
      {said}
    </button>
  )
}
