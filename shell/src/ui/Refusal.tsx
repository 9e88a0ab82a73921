import { classes } from './classes.ts'

/** Why what somebody asked for was not done; nothing while nothing went wrong. */
export function Refusal({ error, className }: { error: Error | null; className?: string }) {
  if (!error) return null
  return (
    <p role="alert" className={classes('text-sm text-bad first-letter:uppercase', className)}>
      {error.message}
    </p>
  )
}
