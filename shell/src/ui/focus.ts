/**
 * Remembers what had the focus, and gives it back after a dialog or a toast has closed; if that element is gone, to
 * something near it.
 */

/** Elements that hold the focus only while they are open. */
const DIALOGS = '[role=dialog]'
const MENUS = '[role=menu], [role=listbox]'
/** Elements that get the focus for a moment, and that nobody sees. */
const NOBODY = '[aria-hidden=true], [data-radix-focus-guard]'
/** Elements outside of the person's work, which disappear when they are used. */
const ASIDE = '[data-aside]'

/** The last focused element outside of dialogs. */
let outside: HTMLElement | null = null
/** Focusable elements around it, the nearest first. */
let around: HTMLElement[] = []
/**
 * Focused elements in dialogs since then, the latest last: a dialog may have been opened from another one that stays
 * open.
 */
let inside: HTMLElement[] = []

function note(target: EventTarget | null): void {
  if (!(target instanceof HTMLElement) || target === document.body) return
  if (target.matches(NOBODY) || target.closest(`${MENUS}, ${ASIDE}`)) return
  if (target.closest(DIALOGS)) {
    inside = [...inside.filter((one) => one !== target && one.isConnected), target]
    return
  }
  outside = target
  inside = []
  around = []
  for (let one = within(target); one; one = within(one)) around.push(one)
}

function within(one: HTMLElement): HTMLElement | null {
  return one.parentElement?.closest<HTMLElement>('[tabindex="-1"]') ?? null
}

const page = () => document.querySelector<HTMLElement>('main') ?? document.querySelector<HTMLElement>('[role=log]')

/** Whether nothing has the focus, because the element that had it is gone. */
export function isFocusLost(): boolean {
  const { activeElement } = document
  return activeElement === null || activeElement === document.body
}

document.addEventListener('focusin', ({ target }) => note(target))
document.addEventListener('focusout', ({ target, relatedTarget }) => {
  // The person left it for nothing else. Removing an element also fires this, and so does leaving the window; neither
  // counts.
  if (relatedTarget !== null || target !== outside) return
  queueMicrotask(() => {
    if (target === outside && outside?.isConnected && document.activeElement === document.body) outside = null
  })
})
note(document.activeElement)

/**
 * For a dialog's `onCloseAutoFocus`: gives the focus back to the last element that had it and still exists, or else to
 * the page, where keys work. It does nothing if the focus has already moved to another element.
 */
export function giveFocusBack(event: Event): void {
  event.preventDefault()
  restoreFocus()
}

/** The same after anything else that had the focus is gone. */
export function restoreFocus(): void {
  for (const one of [...inside.toReversed(), outside, ...around, page()]) {
    if (!isFocusLost()) return
    if (one?.isConnected) one.focus()
  }
}

/** A ref for a button that goes once its work is done: if it has the focus then, something near it gets it. */
export function givesFocusOn(button: HTMLElement | null): () => void {
  return () => {
    if (document.activeElement === button) queueMicrotask(restoreFocus)
  }
}

/** Call it after a screen replaced another one, which may have had the focus. */
export function keepFocus(): void {
  if (outside && !outside.isConnected) restoreFocus()
}
