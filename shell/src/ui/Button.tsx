import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'

import { classes } from './classes.ts'
import { tip } from './tip.ts'

const LOOKS = {
  plain: 'border border-line bg-surface text-ink hover:bg-hover hover:border-line-strong',
  primary: 'bg-accent text-accent-text hover:bg-accent-strong',
  note: 'bg-note-line text-ink hover:brightness-95',
  quiet: 'text-soft hover:bg-hover hover:text-ink',
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  ref?: Ref<HTMLButtonElement>
  look?: keyof typeof LOOKS
  /** Its work is under way. It ignores clicks, but keeps the focus, which a disabled button would lose. */
  busy?: boolean
}

export function Button({ look = 'plain', busy = false, className, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      aria-disabled={busy || undefined}
      onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}
      className={classes(
        'button inline-flex items-center justify-center gap-1.5 font-medium whitespace-nowrap transition-colors',
        'disabled:cursor-default disabled:opacity-50 aria-disabled:cursor-default aria-disabled:opacity-50',
        LOOKS[look],
        className,
      )}
      {...rest}
    />
  )
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  label: string
  keys?: string | undefined
  children: ReactNode
}

/** A button with only an icon: its label is read out, and shown on hover. */
export function IconButton({ label, keys, className, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      {...tip(label, keys)}
      className={classes(
        'icon-button inline-flex shrink-0 items-center justify-center text-soft transition-colors hover:bg-hover hover:text-ink aria-pressed:bg-accent-soft aria-pressed:text-accent [&>svg]:size-4',
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  )
}
