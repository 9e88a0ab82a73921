import type { KeyboardEvent, PointerEvent, ReactNode } from 'react'

import { useWindowWidth } from './media.ts'
import { useRemembered } from './remembered.ts'

interface ResizableProps {
  /** Where the width is remembered. */
  name: string
  label: string
  initial: number
  least: number
  most: number
  children: ReactNode
}

/** Of the window's width it takes no more than this, whatever is remembered: what is beside it has to be seen. */
const SHARE = 0.45

/** A pane at the left whose right edge can be dragged, or moved with the arrow keys. */
export function Resizable({ name, label, initial, least, most: mostEver, children }: ResizableProps) {
  const [remembered, setWidth] = useRemembered(`axis.width.${name}`, initial)
  const most = Math.max(least, Math.min(mostEver, Math.round(useWindowWidth() * SHARE)))
  const width = Math.min(most, remembered)
  const put = (next: number) => setWidth(Math.min(most, Math.max(least, Math.round(next))))

  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const handle = event.currentTarget
    const left = handle.parentElement?.getBoundingClientRect().left ?? 0
    const move = (moved: globalThis.PointerEvent) => put(moved.clientX - left)
    handle.setPointerCapture(event.pointerId)
    handle.addEventListener('pointermove', move)
    handle.addEventListener('lostpointercapture', () => handle.removeEventListener('pointermove', move), { once: true })
  }
  const press = (event: KeyboardEvent) => {
    if (event.key === 'ArrowLeft') put(width - 16)
    else if (event.key === 'ArrowRight') put(width + 16)
    else return
    event.preventDefault()
  }
  return (
    <div className="relative h-full shrink-0 border-r border-line" style={{ width }}>
      {children}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a separator that moves is a control */}
      <div
        role="separator"
        aria-label={label}
        aria-orientation="vertical"
        aria-valuenow={width}
        aria-valuemin={least}
        aria-valuemax={most}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- as above
        tabIndex={0}
        onPointerDown={drag}
        onDoubleClick={() => put(initial)}
        onKeyDown={press}
        className="absolute inset-y-0 -right-1 z-10 w-2 cursor-col-resize touch-none transition-colors hover:bg-accent-line/60 active:bg-accent-line"
      />
    </div>
  )
}
