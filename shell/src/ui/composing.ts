/**
 * Whether a key press belongs to an input method, which composes one character from several keys: there Enter accepts
 * its suggestion and Escape dismisses it, and they must do nothing else. Safari reports the last key after composing
 * has ended, with this code.
 */
export function composes(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else tells it there
  return event.isComposing || event.keyCode === 229
}

/** For a dialog's `onEscapeKeyDown`: a key of an input method does not close the dialog, with what was typed there. */
export function stayWhileComposing(event: KeyboardEvent): void {
  if (composes(event)) event.preventDefault()
}
