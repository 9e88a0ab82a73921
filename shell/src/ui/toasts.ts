/**
 * Short messages at the edge of the screen: three at a time, those of one kind merged into one. Failures stay longest;
 * if there are three of them, a fourth toast is shown beside them for its usual time.
 */
import { createStore, useStore } from '#base/store.ts'

export interface Toast {
  /** Toasts with the same key are merged. */
  readonly key: string
  /** What it is about, if several things have this key: a thing that is told again counts once. */
  readonly about?: string
  readonly title: string
  readonly detail: string
  /** What can be done about it; left out if there is nothing to do but read. */
  readonly action?: { readonly label: string; readonly run: () => void }
  readonly bad?: boolean
}

export interface Shown extends Toast {
  /** The toasts that were merged, the newest last. */
  readonly merged: readonly Toast[]
}

const MOST = 3
/** What else lies where toasts do, and the CSS variables that say how much room it takes: toasts keep clear of it. */
const ROOM = { bar: '--bar-room', banner: '--banner-room' } as const
const shown = createStore<readonly Shown[]>([])

export function toasts(): readonly Shown[] {
  return shown.get()
}

export function useToasts(): readonly Shown[] {
  return useStore(shown)
}

export function toast(next: Toast): void {
  const alike = toasts().find((one) => one.key === next.key)
  const earlier = alike?.merged.filter(({ about }) => about === undefined || about !== next.about) ?? []
  let others = toasts().filter((one) => one.key !== next.key)
  // The oldest makes room. A failure makes room only for another failure.
  while (others.length >= MOST) {
    const drop = others.find((one) => !one.bad) ?? (next.bad ? others[0] : undefined)
    if (!drop) break
    others = others.filter((one) => one !== drop)
  }
  shown.set([...others, { ...next, merged: [...earlier, next] }])
}

/** Reports a failure to a person who has meanwhile closed what would have shown it. */
export function toastFailure(title: string, about: string, { message: detail }: Error): void {
  toast({ key: `${title} ${about}`, title, detail, bad: true })
}

/**
 * Keeps toasts clear of this much height, in pixels, until the returned function is called: of a bar, at the edge where
 * they are on wide screens, or of the banner, at any edge.
 */
export function keepToastsClear(of: keyof typeof ROOM, height: number): () => void {
  const { style } = document.documentElement
  style.setProperty(ROOM[of], `${height}px`)
  return () => void style.removeProperty(ROOM[of])
}

export function dismiss(key: string): void {
  shown.set(toasts().filter((one) => one.key !== key))
}

/** Dismisses what is about this. What it was merged with stays. */
export function dismissAbout(about: string): void {
  shown.set(
    toasts().flatMap((one): Shown | [] => {
      const merged = one.merged.filter((each) => each.about !== about)
      const newest = merged.at(-1)
      return newest ? { ...newest, merged } : []
    }),
  )
}
