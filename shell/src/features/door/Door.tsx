import { CloudOff, DoorOpen, LogOut } from 'lucide-react'

import type { Failure } from '#api/failure.ts'
import { INSECURE } from '#auth/provider.ts'
import { Button } from '#ui/Button.tsx'
import { Empty } from '#ui/State.tsx'

interface DoorProps {
  failure: Failure
  /** Tries to enter. */
  enter: () => void
  /** Signs out at the provider, to sign in as somebody else. */
  signOut: (() => void) | null
}

/** Shown instead of the workspace while nobody is signed in. */
export function Door({ failure, enter, signOut }: DoorProps) {
  const { code, traceId } = failure
  if (code === 'signed-out') {
    return (
      <main className="h-full">
        <Empty
          alone
          icon={LogOut}
          title="You are signed out"
          action={
            <Button look="primary" onClick={enter}>
              Sign in
            </Button>
          }
        >
          Your drafts are saved on this device.
        </Empty>
      </main>
    )
  }
  const away = failure.passing
  return (
    <main className="h-full">
      <div role="alert" className="h-full">
        <Empty
          alone
          icon={away ? CloudOff : DoorOpen}
          title={away ? 'The workspace cannot be reached' : code === INSECURE ? 'You cannot sign in at this address' : 'You don’t have access'}
          action={
            <span className="flex gap-2">
              <Button look="primary" onClick={enter}>
                Try again
              </Button>
              {!away && signOut && <Button onClick={signOut}>Sign in as someone else</Button>}
            </span>
          }
        >
          <span className="inline-block first-letter:uppercase">{failure.message}.</span>
          {away && ' Retrying automatically.'}
          {traceId && <span className="mt-1 block text-xs text-faint">Trace {traceId}</span>}
        </Empty>
      </div>
    </main>
  )
}
