import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react'

import { Keys } from './Keys.tsx'
import type { Side } from './tip.ts'

/** How long the pointer has to rest before a tip shows; at once if another one was just shown. Milliseconds. */
const RESTS = 400
/** How long a tip stays after the pointer has left, so that people can move onto the tip. Milliseconds. */
const STAYS = 120
/** The distance from its element, and from the edges of the window. Pixels. */
const GAP = 6

/** Shows the tips of all elements that have one (`tip`). */
export function Tips() {
  const id = useId()
  const [about, setAbout] = useState<HTMLElement | null>(null)
  const bubble = useRef<HTMLDivElement>(null)

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let shown: HTMLElement | null = null
    const show = (element: HTMLElement | null, after: number) => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        shown = element?.isConnected ? element : null
        setAbout(shown)
      }, after)
    }
    const hide = () => {
      clearTimeout(timer)
      if (shown) show(null, 0)
    }
    const of = ({ target }: Event) => (target instanceof Element ? target.closest<HTMLElement>('[data-tip]') : null)
    const point = (event: PointerEvent) => {
      if (event.pointerType !== 'mouse') return
      const element = of(event)
      const onIt = event.target instanceof Node && bubble.current?.contains(event.target) === true
      if (onIt || (element && element === shown)) clearTimeout(timer)
      else if (element) show(element, shown ? 0 : RESTS)
      else if (shown) show(null, STAYS)
      else clearTimeout(timer)
    }
    const focus = (event: FocusEvent) => {
      const element = of(event)
      if (element?.matches(':focus-visible')) show(element, 0)
    }
    const press = (event: KeyboardEvent) => {
      if (event.key === 'Escape') hide()
    }
    const listeners: [string, (event: never) => void][] = [
      ['pointerover', point],
      ['pointerdown', hide],
      ['focusin', focus],
      ['focusout', hide],
      ['keydown', press],
      ['scroll', hide],
    ]
    for (const [name, listener] of listeners) document.addEventListener(name, listener as EventListener, true)
    return () => {
      clearTimeout(timer)
      for (const [name, listener] of listeners) document.removeEventListener(name, listener as EventListener, true)
    }
  }, [])

  useLayoutEffect(() => {
    const box = bubble.current
    if (!about || !box) return
    const { left, top } = beside(about, box)
    box.style.translate = `${left}px ${top}px`
    about.setAttribute('aria-describedby', id)
    return () => about.removeAttribute('aria-describedby')
  }, [about, id])

  if (!about?.dataset.tip) return null
  const { tip, tipKeys } = about.dataset
  return (
    <div
      ref={bubble}
      id={id}
      role="tooltip"
      className="fixed top-0 left-0 z-60 flex w-max items-center gap-2 rounded-md bg-ink px-2 py-1 text-xs text-surface"
    >
      {tip}
      {tipKeys && <Keys keys={tipKeys} className="border-current opacity-80" />}
    </div>
  )
}

/**
 * The position of a tip: on the preferred side, or on the other one if there is no room, and always within the window.
 */
function beside(about: HTMLElement, box: HTMLElement): { left: number; top: number } {
  const place = about.getBoundingClientRect()
  const { width, height } = box.getBoundingClientRect()
  const side = about.dataset.tipSide as Side
  const within = (at: number, size: number, room: number) => Math.max(GAP, Math.min(at, room - size - GAP))
  if (side === 'right') {
    const right = place.right + GAP
    const left = right + width + GAP > window.innerWidth ? place.left - GAP - width : right
    return { left: Math.max(GAP, left), top: within(place.top + (place.height - height) / 2, height, window.innerHeight) }
  }
  const [above, below] = [place.top - GAP - height, place.bottom + GAP]
  const up = side === 'top' ? above >= GAP : below + height + GAP > window.innerHeight
  return { left: within(place.left + (place.width - width) / 2, width, window.innerWidth), top: up ? above : below }
}
