/**
 * Whether a key is for an input method, which makes one character of several keys: Enter takes what it offers and
 * Escape leaves it, and neither does anything else. Safari tells of the last key when that is over, with this code.
 */
export function composes(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else tells it there
  return event.isComposing || event.keyCode === 229
}

/** For a dialog's `onEscapeKeyDown`: a key of an input method does not close it, with what was written there. */
export function stayWhileComposing(event: KeyboardEvent): void {
  if (composes(event)) event.preventDefault()
}
