import { classes } from './classes.ts'

/** Shows an error in words, or nothing if there is none. */
export function Refusal({ error, className }: { error: Error | null; className?: string }) {
  if (!error) return null
  return (
    <p role="alert" className={classes('text-sm text-bad first-letter:uppercase', className)}>
      {error.message}
    </p>
  )
}
