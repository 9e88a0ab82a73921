/**
 * Short news at the edge of the screen: three, those of one kind merged into one. What went wrong stays longest;
 * over three of that, a fourth shows for its time.
 */
import { createStore, useStore } from '#base/store.ts'

export interface Toast {
  /** Toasts with the same key are one. */
  readonly key: string
  readonly title: string
  readonly detail: string
  /** What can be done about it, if not only to be read. */
  readonly action?: { readonly label: string; readonly run: () => void }
  readonly bad?: boolean
}

export interface Shown extends Toast {
  /** How many were merged. */
  readonly count: number
}

const MOST = 3
/** How far above their edge they are. */
const LIFT = '--toasts-lift'
const shown = createStore<readonly Shown[]>([])

export function toasts(): readonly Shown[] {
  return shown.get()
}

export function useToasts(): readonly Shown[] {
  return useStore(shown)
}

export function toast(next: Toast): void {
  const alike = toasts().find((one) => one.key === next.key)
  const merged = { ...next, count: (alike?.count ?? 0) + 1 }
  let others = toasts().filter((one) => one.key !== next.key)
  // The oldest makes room, and what went wrong only for what did, too.
  while (others.length >= MOST) {
    const drop = others.find((one) => !one.bad) ?? (next.bad ? others[0] : undefined)
    if (!drop) break
    others = others.filter((one) => one !== drop)
  }
  shown.set([...others, merged])
}

/** What was not done, and why, for whoever has closed meanwhile what would have told them. */
export function toastFailure(title: string, about: string, { message: detail }: Error): void {
  toast({ key: `${title} ${about}`, title, detail, bad: true })
}

/** Makes room for a bar of this height, in pixels, at the edge where toasts are on wide screens: they stay above it until the returned function is called. */
export function liftToasts(height: number): () => void {
  const { style } = document.documentElement
  style.setProperty(LIFT, `${height}px`)
  return () => void style.removeProperty(LIFT)
}

export function dismiss(key: string): void {
  shown.set(toasts().filter((one) => one.key !== key))
}
