/** What had the focus, to have it again once a dialog is closed. */

/** What holds the focus as long as it is open, and is gone after that. */
const DIALOGS = '[role=dialog]'
const MENUS = '[role=menu], [role=listbox]'
/** What has it for a moment, for those who never see it. */
const NOBODY = '[aria-hidden=true], [data-radix-focus-guard]'

/** Outside of any dialog. */
let outside: HTMLElement | null = null
/** Within dialogs since, the last one last: one may be opened from another that stays open. */
let inside: HTMLElement[] = []

function note(target: EventTarget | null): void {
  if (!(target instanceof HTMLElement) || target === document.body) return
  if (target.matches(NOBODY) || target.closest(MENUS)) return
  if (target.closest(DIALOGS)) {
    inside = [...inside.filter((one) => one !== target && one.isConnected), target]
    return
  }
  outside = target
  inside = []
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
  const lost = () => document.activeElement === null || document.activeElement === document.body
  const page = document.querySelector<HTMLElement>('main') ?? document.querySelector<HTMLElement>('[role=log]')
  for (const one of [...inside.toReversed(), outside, page]) {
    if (!lost()) return
    if (one?.isConnected) one.focus()
  }
}
