/**
 * When a tab needs no stream: some time after nobody sees it any more.
 *
 * By HTTP/1.1 a browser has six connections to a host, for all of its tabs, and each stream takes one: with six tabs
 * nothing else would be answered in any of them. One of those that nobody sees keeps its stream, so that what it tells of
 * waits there for whoever comes back; where the browser has no locks, none does.
 */
import { Failure } from '../api/failure.ts'
import { session } from '../auth/session.ts'

export interface Rests {
  rest: () => void
  wake: () => void
}

/** How long a hidden tab keeps its stream, so that a short look elsewhere interrupts nothing. Milliseconds. */
const AFTER = 30_000
/** Tokens are looked after no more often than this. Milliseconds. */
const LOOKS_AFTER = 30_000

/** Tells when to rest, and when somebody looks again; until the returned function is called. */
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
  // Many may be opened behind the one that somebody looks at: they need none before they are seen.
  if (document.visibilityState === 'hidden') void hide(0)
  document.addEventListener('visibilitychange', changed)
  return () => {
    hidden.abort()
    document.removeEventListener('visibilitychange', changed)
  }
}

/** Whether this is the one that keeps its stream though nobody sees it: nobody else does then until the signal comes. */
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

/** Tokens end, and what renews them ends if it is not used: a stream would have renewed them. */
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
