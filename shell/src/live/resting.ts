/**
 * Closes the stream of a tab that has been hidden for a while.
 *
 * With HTTP/1.1 a browser has six connections to a host for all of its tabs, and each stream takes one: with six tabs,
 * no other request would be answered in any of them. One hidden tab keeps its stream, so that its news waits there for
 * the person; if the browser has no locks, none does.
 */
import { Failure } from '../api/failure.ts'
import { session } from '../auth/session.ts'

export interface Rests {
  rest: () => void
  wake: () => void
}

/** How long a hidden tab keeps its stream, so that a short look elsewhere interrupts nothing. Milliseconds. */
const AFTER = 30_000
/** The shortest interval at which the token is renewed. Milliseconds. */
const LOOKS_AFTER = 30_000

/** Says when to rest, and when to wake up, until the returned function is called. */
export function watchRest({ rest, wake }: Rests): () => void {
  let hidden = new AbortController()
  const hide = async (after: number) => {
    hidden = new AbortController()
    const { signal } = hidden
    if (after === 0) rest()
    else await pause(after, signal)
    if (await keepsStream(signal)) wake()
    else if (!signal.aborted) {
      rest()
      await staySignedIn(signal)
    }
  }
  const changed = () => {
    hidden.abort()
    if (document.visibilityState === 'hidden') void hide(AFTER)
    else wake()
  }
  // Tabs may be opened in the background: they need no stream before somebody looks at them.
  if (document.visibilityState === 'hidden') void hide(0)
  document.addEventListener('visibilitychange', changed)
  return () => {
    hidden.abort()
    document.removeEventListener('visibilitychange', changed)
  }
}

/** Whether this is the hidden tab that keeps its stream. If so, no other tab does until the signal aborts. */
async function keepsStream(until: AbortSignal): Promise<boolean> {
  if (until.aborted || !('locks' in navigator)) return false
  return await new Promise<boolean>((tell) => {
    const held = async (lock: Lock | null) => {
      tell(lock !== null)
      if (lock && !until.aborted) await new Promise<void>((release) => until.addEventListener('abort', () => release()))
    }
    navigator.locks.request(`axis.stream.${session().person.id}`, { ifAvailable: true }, held).catch(() => tell(false))
  })
}

/**
 * Renews the token while there is no stream, which would have done it: the right to renew it expires if it is not used.
 */
async function staySignedIn(until: AbortSignal): Promise<void> {
  for (let ended = false; !ended && session().endsAt !== null; ) {
    await pause(Math.max(LOOKS_AFTER, (session().endsAt ?? 0) - Date.now()), until)
    if (until.aborted) return
    ended = await session().token().then(
      () => false,
      (error: unknown) => Failure.from(error).code === 'signed-out',
    )
  }
}

async function pause(milliseconds: number, until: AbortSignal): Promise<void> {
  await new Promise<void>((go) => {
    const timer = setTimeout(go, milliseconds)
    until.addEventListener('abort', () => {
      clearTimeout(timer)
      go()
    })
  })
}
