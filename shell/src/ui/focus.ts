/** What had the focus, to have it again once a dialog or a toast is closed, or what is near to it if that is gone. */

/** What holds the focus as long as it is open, and is gone after that. */
const DIALOGS = '[role=dialog]'
const MENUS = '[role=menu], [role=listbox]'
/** What has it for a moment, for those who never see it. */
const NOBODY = '[aria-hidden=true], [data-radix-focus-guard]'
/** What is pressed beside whatever somebody does, and is gone then. */
const ASIDE = '[data-aside]'

/** Outside of any dialog. */
let outside: HTMLElement | null = null
/** What that is in and may have the focus, the nearest first. */
let around: HTMLElement[] = []
/** Within dialogs since, the last one last: one may be opened from another that stays open. */
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

/** Whether nothing has the focus: what had it is gone. */
export function isFocusLost(): boolean {
  const { activeElement } = document
  return activeElement === null || activeElement === document.body
}

document.addEventListener('focusin', ({ target }) => note(target))
document.addEventListener('focusout', ({ target, relatedTarget }) => {
  // Somebody has left it for nothing else; what is taken away is not left, nor is it in a window that is.
  if (relatedTarget !== null || target !== outside) return
  queueMicrotask(() => {
    if (target === outside && outside?.isConnected && document.activeElement === document.body) outside = null
  })
})
note(document.activeElement)

/**
 * For a dialog's `onCloseAutoFocus`: gives the focus back to what had it last and is still there, else to the page,
 * where keys do something. What was done in the dialog may have given it to something else.
 */
export function giveFocusBack(event: Event): void {
  event.preventDefault()
  restoreFocus()
}

/** The same for whatever else had the focus and is gone. */
export function restoreFocus(): void {
  for (const one of [...inside.toReversed(), outside, ...around, page()]) {
    if (!isFocusLost()) return
    if (one?.isConnected) one.focus()
  }
}

/** After a screen has come in place of another one: what went with that may have had the focus. */
export function keepFocus(): void {
  if (outside && !outside.isConnected) restoreFocus()
}
