import { useNowThere } from './clock.ts'
import { briefly, exactly } from './time.ts'

/** A time as short as possible; the exact time shows on hover. */
export function When({ at, className }: { at: string; className?: string }) {
  const now = useNowThere()
  return (
    <time dateTime={at} title={exactly(at)} className={className}>
      {briefly(at, Math.max(now, Date.parse(at)))}
    </time>
  )
}
