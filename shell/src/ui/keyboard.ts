import { useEffect, useEffectEvent } from 'react'

import { composes } from './composing.ts'
import { read } from './remembered.ts'

export type Bindings = Record<string, (event: KeyboardEvent) => void>

/** Storage name of the setting for single-key shortcuts. People who dictate, for example, switch them off. */
export const SINGLE_KEYS = 'axis.keys'
/** The longest pause between the two keys of a sequence. Milliseconds. */
const PATIENCE = 1_200
/** Keys that repeat while they are held down, to move from row to row. */
const GO_ON = new Set(['j', 'k'])
/** The first key of a sequence, and the event of the second one once it came. */
let prefix: { key: string; first: KeyboardEvent; second?: KeyboardEvent } | null = null

/**
 * Binds keys: `j`, `?`, `Escape`, `g i` (one after the other), `mod+k`. Single keys work only while no field has the
 * focus (a checkbox does not count, since it only uses the space bar), no dialog is open or on its way, and they are not
 * switched off.
 */
export function useKeys(bindings: Bindings, enabled = true): void {
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || composes(event)) return
    const act = find(bindings, event)
    if (!act) return
    event.preventDefault()
    // Otherwise, holding a key down would act again on the result: resolve the next conversation, or approve what has
    // just changed.
    if (!event.repeat || GO_ON.has(keyOf(event))) act(event)
  })
  useEffect(() => {
    if (!enabled) return
    const listener = (event: KeyboardEvent) => pressed(event)
    document.addEventListener('keydown', listener)
    return () => document.removeEventListener('keydown', listener)
  }, [enabled])
}

/** How many dialogs and menus are on their way, for which keys are withheld. */
let awaited = 0

/**
 * Withholds keys from the page until the returned function is called: what somebody types after asking for a dialog is
 * meant for that dialog, and must not act on what is below it. Escape gives the dialog up. Keys with Ctrl or Cmd act.
 */
export function holdKeys(giveUp: () => void): () => void {
  const listener = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented || composes(event)) return
    event.preventDefault()
    giveUp()
  }
  awaited += 1
  document.addEventListener('keydown', listener)
  return () => {
    awaited -= 1
    document.removeEventListener('keydown', listener)
  }
}

/** The key by its position, where the keyboard writes other scripts, such as Greek, Hebrew or Russian. */
function keyOf({ key, code }: KeyboardEvent): string {
  if (key.length !== 1) return key
  const other = /\p{L}/u.test(key) && !/\p{Script=Latin}/u.test(key)
  return ((other ? /^Key([A-Z])$/.exec(code)?.[1] : null) ?? key).toLowerCase()
}

function find(bindings: Bindings, event: KeyboardEvent): Bindings[string] | undefined {
  const key = keyOf(event)
  // In a dialog, Enter confirms the dialog and nothing below it.
  if (event.metaKey || event.ctrlKey) return key === 'Enter' && inDialog(event.target) ? undefined : bindings[`mod+${key}`]
  if (event.altKey || awaited > 0 || busy(event.target)) return undefined
  if (event.key.length === 1 && !read<boolean>(SINGLE_KEYS, true)) return undefined
  if (prefix && event !== prefix.first) {
    prefix.second ??= event
    const late = event.timeStamp - prefix.first.timeStamp >= PATIENCE
    // All listeners get the second key, and none of them may take it for a single key.
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

/** Whether keys write or choose something in this element. */
export function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || target.matches('input:not([type=checkbox]), textarea, select')
}
