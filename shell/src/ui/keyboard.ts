import { useEffect, useEffectEvent } from 'react'

import { composes } from './composing.ts'
import { read } from './remembered.ts'

export type Bindings = Record<string, (event: KeyboardEvent) => void>

/** Storage name of whether single-key shortcuts are on. People who type by voice, for one, switch them off. */
export const SINGLE_KEYS = 'axis.keys'
/** How long the second key of two may take. */
const PATIENCE = 1_200
/** Keys that go on while they are held down: from one to the next. */
const GO_ON = new Set(['j', 'k'])
/** The first of two keys, and the event of the second one once there is one. */
let prefix: { key: string; first: KeyboardEvent; second?: KeyboardEvent } | null = null

/**
 * Keys that do something: `j`, `?`, `Escape`, `g i` (one after the other), `mod+k`. Single keys work
 * only while no field has the focus (a checkbox does not count: it takes the space bar alone), no dialog is open, and nobody has switched them off.
 */
export function useKeys(bindings: Bindings, enabled = true): void {
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || composes(event)) return
    const act = find(bindings, event)
    if (!act) return
    event.preventDefault()
    // Held down, any other would act on what came of it: resolve the next one, approve what has just changed.
    if (!event.repeat || GO_ON.has(keyOf(event))) act(event)
  })
  useEffect(() => {
    if (!enabled) return
    const listener = (event: KeyboardEvent) => pressed(event)
    document.addEventListener('keydown', listener)
    return () => document.removeEventListener('keydown', listener)
  }, [enabled])
}

/** Where other letters are written, such as Greek, Hebrew or Russian ones, a key is that which has its place. */
function keyOf({ key, code }: KeyboardEvent): string {
  if (key.length !== 1) return key
  const other = /\p{L}/u.test(key) && !/\p{Script=Latin}/u.test(key)
  return ((other ? /^Key([A-Z])$/.exec(code)?.[1] : null) ?? key).toLowerCase()
}

function find(bindings: Bindings, event: KeyboardEvent): Bindings[string] | undefined {
  const key = keyOf(event)
  // Enter confirms what lies above everything else, and nothing below.
  if (event.metaKey || event.ctrlKey) return key === 'Enter' && inDialog(event.target) ? undefined : bindings[`mod+${key}`]
  if (event.altKey || busy(event.target)) return undefined
  if (event.key.length === 1 && !read<boolean>(SINGLE_KEYS, true)) return undefined
  if (prefix && event !== prefix.first) {
    prefix.second ??= event
    const late = event.timeStamp - prefix.first.timeStamp >= PATIENCE
    // Everybody who listens hears of the second key: it is a key by itself for none of them.
    if (event === prefix.second && !late) return bindings[`${prefix.key} ${key}`]
    prefix = null
  }
  if (isPrefix(bindings, key)) prefix = { key, first: event }
  return bindings[key]
}

function isPrefix(bindings: Bindings, key: string): boolean {
  return Object.keys(bindings).some((one) => one.startsWith(`${key} `))
}

const inDialog = (target: EventTarget | null) => target instanceof Element && target.closest('[role=dialog]') !== null

function busy(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return isField(target) || target.closest('[role=dialog], [role=menu], [role=listbox]') !== null
}

/** Whether something is written or chosen in it by keys. */
export function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || target.matches('input:not([type=checkbox]), textarea, select')
}
