import { X } from 'lucide-react'
import { useEffect, useId, useState, useSyncExternalStore } from 'react'

import { Button, IconButton } from './Button.tsx'
import { classes } from './classes.ts'
import { restoreFocus } from './focus.ts'
import { useKeys } from './keyboard.ts'
import { dismiss, type Shown, useToasts } from './toasts.ts'

/** How long a toast stays, unless somebody points at it or has the focus in it. Milliseconds. */
const LASTS = 6_000

export function Toasts() {
  const shown = useToasts()
  // By key, since toasts go before anybody has come to them by Tab.
  const newest = shown.findLast(({ action }) => action?.label === 'Undo')
  const undo = () => {
    if (!newest) return
    dismiss(newest.key)
    newest.action?.run()
  }
  useKeys({ z: undo }, newest !== undefined)
  // Never over the composer or the banner: beside the rail, above the banner and the bar of a selection, or on top, below the
  // banner, where the conversation takes the whole width. In a low window each toast is low too; on top it is one line,
  // over the header unless there is a banner, which makes the middle of the clamp larger than any window.
  return (
    <div
      role="status"
      aria-live="polite"
      data-aside
      className="pointer-events-none fixed top-[calc(4rem+var(--banner-room,0px))] right-4 z-40 flex w-80 max-w-[calc(100vw-2rem)] flex-col gap-2 max-two:low:top-[clamp(0.25rem,var(--banner-room,0px)*999,4rem+var(--banner-room,0px))] max-two:low:w-full max-two:low:gap-1 two:top-auto two:right-auto two:bottom-[calc(1rem+var(--bar-room,0px)+var(--banner-room,0px))] two:left-18"
    >
      {shown.map((one) => (
        <Card key={one.key} toast={one} keys={one === newest ? 'Z' : undefined} />
      ))}
    </div>
  )
}

function Card({ toast, keys }: { toast: Shown; keys: string | undefined }) {
  const { key, merged, bad, action } = toast
  const count = merged.length
  const title = useId()
  const [pointed, setPointed] = useState(false)
  const [focused, setFocused] = useState(false)
  const looked = useSyncExternalStore(onVisibility, isVisible)
  // Failures stay until they are dismissed, and nothing goes while the person looks at another tab.
  const stays = bad === true || pointed || focused || !looked
  useEffect(() => {
    if (stays) return
    const timer = setTimeout(() => dismiss(key), LASTS)
    return () => clearTimeout(timer)
  }, [key, count, stays])
  const close = () => {
    // Restore the focus first: what runs next may move it.
    if (document.activeElement instanceof HTMLElement && focused) document.activeElement.blur()
    restoreFocus()
    dismiss(key)
  }
  return (
    // Several toasts may have the same button; the group's name tells them apart.
    <div
      role="group"
      aria-labelledby={title}
      onPointerEnter={() => setPointed(true)}
      onPointerLeave={() => setPointed(false)}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      className={classes(
        'rise pointer-events-auto flex items-start gap-2 rounded-xl border bg-raised p-3 shadow-raised low:items-center low:py-1',
        bad ? 'border-bad-line' : 'border-line',
      )}
    >
      <div className="min-w-0 grow low:flex low:items-center low:gap-2">
        <div className="min-w-0 low:grow max-two:low:flex max-two:low:items-baseline max-two:low:gap-2">
          <p id={title} className="truncate font-medium max-two:low:max-w-1/2 max-two:low:shrink-0">
            {count > 1 ? `${toast.title}, and ${count - 1} more` : toast.title}
          </p>
          <p dir="auto" className="line-clamp-2 text-sm text-soft low:line-clamp-1">
            {toast.detail}
          </p>
        </div>
        <Button
          className="mt-2 h-7 shrink-0 text-sm low:mt-0"
          aria-keyshortcuts={keys}
          onClick={() => {
            close()
            action?.run()
          }}
        >
          {action?.label ?? 'OK'}
        </Button>
      </div>
      <IconButton label="Dismiss" className="-mt-1 -mr-1 low:mt-0 low:size-7" onClick={close}>
        <X />
      </IconButton>
    </div>
  )
}

function isVisible(): boolean {
  return document.visibilityState !== 'hidden'
}

function onVisibility(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener)
  return () => document.removeEventListener('visibilitychange', listener)
}
