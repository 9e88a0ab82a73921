/**
 * Parts of the page that are loaded on demand, which may fail: without a connection, or after a deployment that
 * replaced them. The rest keeps working without them, and the next use tries to load them again.
 */
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { type ComponentType, createElement, type ReactNode, useEffect, useEffectEvent, useState } from 'react'

import { holdKeys } from './keyboard.ts'
import { Failed } from './State.tsx'
import { toast } from './toasts.ts'

/** How browsers report modules that did not load, and how the build reports styles. */
const NOT_LOADED = /dynamically imported module|importing a module script|unable to preload/i
const WHY = 'There may be no connection, or a newer version of this page.'

const reload = () => window.location.reload()

interface Late {
  /** Shown until it has loaded. */
  meanwhile?: ReactNode
  /**
   * Called if it did not load, after the person was told, or if they gave it up. Until it has loaded, keys act on
   * nothing below it. Without this, nobody was waiting for it and nothing is said.
   */
  missing?: () => void
}

/** A component whose module is loaded when it is first rendered. */
export function lazily<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P & Late> {
  let loaded: ComponentType<P> | undefined
  return function Lazily({ meanwhile, missing, ...rest }: P & Late) {
    const [part, setPart] = useState(() => loaded)
    const failed = useEffectEvent(() => {
      if (!missing) return
      missing()
      toast({ key: 'not loaded', title: 'This part did not load', detail: WHY, action: { label: 'Reload', run: reload }, bad: true })
    })
    const waited = missing !== undefined && part === undefined
    const givenUp = useEffectEvent(() => missing?.())
    useEffect(() => (waited ? holdKeys(() => givenUp()) : undefined), [waited])
    useEffect(() => {
      if (part) return
      let here = true
      load().then(
        (module) => {
          loaded = module.default
          if (here) setPart(() => module.default)
        },
        () => here && failed(),
      )
      return () => {
        here = false
      }
    }, [part])
    return part ? createElement(part, rest as unknown as P) : meanwhile
  }
}

/** Shown in place of a screen that did not load, or crashed. */
export function Broken({ error: thrown }: ErrorComponentProps) {
  const router = useRouter()
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const absent = NOT_LOADED.test(error.message)
  // A reload gets the newer version; without a connection it would only lose the rest of the page.
  const again = () => (absent && navigator.onLine ? reload() : void router.invalidate())
  return absent ? (
    <Failed what="This screen did not load" error={new Error(WHY)} retry={again} />
  ) : (
    <Failed what="Something went wrong on this screen" error={error} retry={again} />
  )
}
