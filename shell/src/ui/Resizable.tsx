import type { KeyboardEvent, PointerEvent, ReactNode } from 'react'

import { useWindowWidth } from './media.ts'
import { useRemembered } from './remembered.ts'

interface ResizableProps {
  /** The name under which the width is remembered. */
  name: string
  label: string
  initial: number
  least: number
  most: number
  children: ReactNode
}

/**
 * The largest share of the window that the pane may take, whatever width is remembered: there must be room beside it.
 */
const SHARE = 0.45

/** A press that moves no further than this is a click. Pixels. */
const STILL = 3

/** A pane at the left whose right edge can be dragged, clicked, or moved with the arrow keys. */
export function Resizable({ name, label, initial, least, most: mostEver, children }: ResizableProps) {
  const [remembered, setWidth] = useRemembered(`axis.width.${name}`, initial)
  const most = Math.max(least, Math.min(mostEver, Math.round(useWindowWidth() * SHARE)))
  const width = Math.min(most, remembered)
  const put = (next: number) => setWidth(Math.min(most, Math.max(least, Math.round(next))))

  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const handle = event.currentTarget
    const from = event.clientX
    let dragged = false
    const move = ({ clientX }: globalThis.PointerEvent) => {
      dragged ||= Math.abs(clientX - from) > STILL
      if (dragged) put(width + clientX - from)
    }
    handle.setPointerCapture(event.pointerId)
    handle.addEventListener('pointermove', move)
    const end = () => {
      handle.removeEventListener('pointermove', move)
      // For people who cannot drag: each click sets the next of three widths.
      if (!dragged) put([least, initial, most].find((one) => one > width) ?? least)
    }
    handle.addEventListener('lostpointercapture', end, { once: true })
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
        // The target is 24 pixels wide, mostly beside the pane, where its scroll bar does not get in the way; the
        // visible edge is narrower.
        className="absolute inset-y-0 -right-5 z-10 w-6 cursor-col-resize touch-none before:absolute before:inset-y-0 before:left-0 before:w-2 before:transition-colors hover:before:bg-accent-line/60 active:before:bg-accent-line"
      />
    </div>
  )
}
