import { useSyncExternalStore } from 'react'

/** The width from which several panes stand side by side. Pixels. */
export const PANES = 760

/** Whether the window is currently at least this wide. */
export function isWide(pixels: number): boolean {
  return window.matchMedia(queryOf(pixels)).matches
}

function queryOf(pixels: number): string {
  return `(min-width: ${pixels}px)`
}

/** Whether the window is at least this wide. */
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

/** How to scroll to a place. The style sheet's setting does not apply to scrolling by script. */
export function scrollBehavior(): ScrollBehavior {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth'
}
