/** How much of something is done, from 0 to 1. */
export function Progress({ label, done, className = '' }: { label: string; done: number; className?: string }) {
  const percent = Math.round(Math.min(done, 1) * 100)
  return (
    <span
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className={`block h-1.5 overflow-hidden rounded-full bg-sunken ${className}`}
    >
      <span className="block h-full bg-accent" style={{ width: `${percent}%` }} />
    </span>
  )
}
