import { Ellipsis } from 'lucide-react'

import { classes } from '#ui/classes.ts'

interface QuotedProps {
  shown: boolean
  onChange: (shown: boolean) => void
  className: string
}

/** A button that shows or hides the quoted part of a mail. */
export function Quoted({ shown, onChange, className }: QuotedProps) {
  return (
    <button
      type="button"
      aria-expanded={shown}
      aria-label={shown ? 'Hide quoted text' : 'Show quoted text'}
      onClick={() => onChange(!shown)}
      className={classes('flex items-center rounded-full bg-sunken text-soft hover:text-ink', className)}
    >
      <Ellipsis aria-hidden className="size-3.5" />
    </button>
  )
}
