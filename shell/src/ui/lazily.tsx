/**
 * Parts of the page that come when they are needed, and may not come: without a connection, or after
 * a deployment that has others in their place. The rest goes on without them, and whoever wants one
 * once more has it asked for anew.
 */
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { type ComponentType, createElement, type ReactNode, useEffect, useEffectEvent, useState } from 'react'

import { Failed } from './State.tsx'
import { toast } from './toasts.ts'

/** As browsers say it of modules, and the build of their styles. */
const NOT_LOADED = /dynamically imported module|importing a module script|unable to preload/i
const WHY = 'There may be no connection, or a newer version of this page.'

const reload = () => window.location.reload()

interface Late {
  /** Shown until it is here. */
  meanwhile?: ReactNode
  /** It did not come, which is told: nobody waits for it any more. Without this, nobody did. */
  missing?: () => void
}

/** What the module has to show, once it is here. */
export function lazily<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P & Late> {
  let loaded: ComponentType<P> | undefined
  return function Lazily({ meanwhile, missing, ...rest }: P & Late) {
    const [part, setPart] = useState(() => loaded)
    const failed = useEffectEvent(() => {
      if (!missing) return
      missing()
      toast({ key: 'not loaded', title: 'This part did not load', detail: WHY, action: { label: 'Reload', run: reload }, bad: true })
    })
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

/** In the place of a screen that did not load, or broke. */
export function Broken({ error: thrown }: ErrorComponentProps) {
  const router = useRouter()
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const absent = NOT_LOADED.test(error.message)
  // What a newer version has no more comes with that one; without a connection, a reload would take the rest away too.
  const again = () => (absent && navigator.onLine ? reload() : void router.invalidate())
  return absent ? (
    <Failed what="This screen did not load" error={new Error(WHY)} retry={again} />
  ) : (
    <Failed what="Something went wrong on this screen" error={error} retry={again} />
  )
}
