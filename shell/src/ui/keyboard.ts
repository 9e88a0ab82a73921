import { useEffect, useEffectEvent } from 'react'

export type Bindings = Record<string, (event: KeyboardEvent) => void>

/** How long the second key of two may take. */
const PATIENCE = 1_200
let prefix: { key: string; at: number } | null = null

/**
 * Keys that do something: `j`, `?`, `Escape`, `g i` (one after the other), `mod+k`. Single keys work
 * only while no field has the focus and no dialog is open.
 */
export function useKeys(bindings: Bindings, enabled = true): void {
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return
    const act = find(bindings, event)
    if (!act) return
    event.preventDefault()
    act(event)
  })
  useEffect(() => {
    if (!enabled) return
    const listener = (event: KeyboardEvent) => pressed(event)
    document.addEventListener('keydown', listener)
    return () => document.removeEventListener('keydown', listener)
  }, [enabled])
}

function find(bindings: Bindings, event: KeyboardEvent): Bindings[string] | undefined {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  if (event.metaKey || event.ctrlKey) return bindings[`mod+${key}`]
  if (event.altKey || busy(event.target)) return undefined
  if (prefix && event.timeStamp - prefix.at < PATIENCE) {
    const act = bindings[`${prefix.key} ${key}`]
    if (act) prefix = null
    if (act || isPrefix(bindings, prefix?.key)) return act
  }
  if (isPrefix(bindings, key)) prefix = { key, at: event.timeStamp }
  return bindings[key]
}

function isPrefix(bindings: Bindings, key: string | undefined): boolean {
  return key !== undefined && Object.keys(bindings).some((one) => one.startsWith(`${key} `))
}

function busy(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    target.matches('input, textarea, select') ||
    target.closest('[role=dialog], [role=menu], [role=listbox]') !== null
  )
}
