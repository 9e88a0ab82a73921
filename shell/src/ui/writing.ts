import { useState, useSyncExternalStore } from 'react'

import { isField } from './keyboard.ts'

/** How long what took the focus away, such as a click, may take. Milliseconds. */
const ACT = 300

/**
 * The latest value, or as long as somebody is writing in a field, the one from before. Use it for what renders anew:
 * that takes the focus away, and single keys act on whatever has it then.
 */
export function useUnlessWriting<T>(value: T): T {
  const [taken, take] = useState(value)
  const next = useSyncExternalStore(onLeft, () => (isField(document.activeElement) ? taken : value))
  if (!Object.is(next, taken)) take(next)
  return next
}

function onLeft(listener: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const left = () => {
    clearTimeout(timer)
    timer = setTimeout(listener, ACT)
  }
  document.addEventListener('focusout', left)
  return () => {
    clearTimeout(timer)
    document.removeEventListener('focusout', left)
  }
}
