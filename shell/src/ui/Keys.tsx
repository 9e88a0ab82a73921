import { classes } from './classes.ts'

const APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** Draws keys: `Mod+Enter` (Ctrl or ⌘), `G I`. */
export function Keys({ keys, className }: { keys: string; className?: string }) {
  return (
    <kbd className="inline-flex gap-1 font-sans">
      {keys.split(/[ +]/).map((key, index) => (
        <span
          key={index}
          className={classes(
            'inline-flex h-4.5 min-w-4.5 items-center justify-center rounded border border-line-strong px-1 text-[0.6875rem] leading-none',
            className,
          )}
        >
          {key === 'Mod' ? (APPLE ? '⌘' : 'Ctrl') : key}
        </span>
      ))}
    </kbd>
  )
}
