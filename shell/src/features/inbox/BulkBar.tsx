import { X } from 'lucide-react'
import { useLayoutEffect, useRef } from 'react'

import { useStore } from '#base/store.ts'
import { underWay } from '#desk/act.ts'
import { type ActionName, ACTIONS, perform } from '#desk/actions.ts'
import { clearSelection, select, shownOrder, useSelection } from '#desk/selection.ts'
import { Button, IconButton } from '#ui/Button.tsx'
import { isFocusLost } from '#ui/focus.ts'
import { keepToastsClear } from '#ui/toasts.ts'

const OFFERED: readonly ActionName[] = ['assignee', 'team', 'labels', 'priority', 'snooze', 'status']

interface BulkBarProps {
  /**
   * Called with the height of the list that the bar covers at the bottom, in pixels, and with 0 when it goes. Must be
   * stable.
   */
  onCovers: (height: number) => void
}

/** The space above and below the bar, together. Pixels. */
const MARGINS = 16

/** Actions on all selected conversations. It lies over the list, so that no row moves. */
export function BulkBar({ onCovers }: BulkBarProps) {
  const selected = useSelection()
  const rows = useStore(shownOrder)
  const progress = useStore(underWay)
  const bar = useRef<HTMLDivElement>(null)
  const busy = progress !== null
  const shown = selected.length > 0 || busy
  useLayoutEffect(() => {
    if (!bar.current) return
    const height = bar.current.offsetHeight
    const release = keepToastsClear('bar', height)
    onCovers(height + MARGINS)
    return () => {
      release()
      onCovers(0)
    }
    // Its height depends on its content.
  }, [shown, busy, onCovers])
  // Its buttons disappear while it works, so the bar keeps the focus.
  const pressed = useRef(false)
  useLayoutEffect(() => {
    if (busy && pressed.current && isFocusLost()) bar.current?.focus()
  }, [busy])
  if (!shown) return null
  return (
    <div
      ref={bar}
      tabIndex={-1}
      onFocus={() => (pressed.current = true)}
      onBlur={() => (pressed.current = false)}
      role="group"
      aria-label="Selected conversations"
      className="rise absolute inset-x-2 bottom-2 z-20 rounded-xl border border-line bg-raised p-1.5 shadow-raised"
    >
      <div className="flex items-center gap-1 pl-2">
        <p role="status" className="min-w-0 grow truncate text-sm font-medium tabular-nums">
          {progress ? `${progress.done} of ${progress.of}` : `${selected.length} selected`}
        </p>
        {selected.length < rows.length && (
          <Button look="quiet" className="h-7 px-2 text-xs" onClick={() => select(rows)}>
            Select all {rows.length}
          </Button>
        )}
        <IconButton label="Clear selection" keys="Esc" className="size-7" onClick={clearSelection}>
          <X />
        </IconButton>
      </div>
      {progress ? (
        <progress aria-label="Changing" value={progress.done} max={progress.of} className="h-1.5 w-full accent-accent" />
      ) : (
        <div className="flex flex-wrap gap-0.5">
          {OFFERED.map((what) => {
            const { short, keys, icon: Icon } = ACTIONS[what]
            return (
              <IconButton
                key={what}
                label={short}
                keys={keys}
                onClick={(event) => perform(what, selected, event.currentTarget.getBoundingClientRect())}
              >
                <Icon />
              </IconButton>
            )
          })}
        </div>
      )}
    </div>
  )
}
