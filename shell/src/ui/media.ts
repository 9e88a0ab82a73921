import { useSyncExternalStore } from 'react'

/** From this width on there are several panes beside each other, and not one at a time. Pixels. */
export const PANES = 760

/** Whether the window is at least that wide, in pixels, at this moment. */
export function isWide(pixels: number): boolean {
  return window.matchMedia(queryOf(pixels)).matches
}

function queryOf(pixels: number): string {
  return `(min-width: ${pixels}px)`
}

/** Whether the window is at least that wide, in pixels. */
export function useWide(pixels: number): boolean {
  const query = queryOf(pixels)
  return useSyncExternalStore(
    (listener) => {
      const list = window.matchMedia(query)
      list.addEventListener('change', listener)
      return () => list.removeEventListener('change', listener)
    },
    () => isWide(pixels),
  )
}

/** How wide the window is, in pixels. */
export function useWindowWidth(): number {
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener('resize', listener)
      return () => window.removeEventListener('resize', listener)
    },
    () => window.innerWidth,
  )
}

/** How to scroll to where somebody wants to be: a style that says so is not heard by what asks for it by itself. */
export function scrollBehavior(): ScrollBehavior {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth'
}
