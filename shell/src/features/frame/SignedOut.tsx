import { LogOut } from 'lucide-react'

import { useEnded } from '#auth/ended.ts'
import { Button } from '#ui/Button.tsx'

import { useKept } from './kept.ts'

/** Tells that the session is over, above a workspace that stays as it is: nothing that is written is lost. */
export function SignedOut() {
  const kept = useKept()
  if (!useEnded()) return null
  return (
    <div
      role="alert"
      className="rise fixed top-3 left-1/2 z-50 flex max-w-[calc(100vw-2rem)] -translate-x-1/2 items-center gap-3 rounded-xl border border-line bg-raised py-2 pr-2 pl-4 shadow-raised"
    >
      <LogOut aria-hidden className="size-4 shrink-0 text-soft" />
      <p>You have been signed out; {kept}.</p>
      {/* The page comes back to where it is, by way of the provider. */}
      <Button look="primary" onClick={() => window.location.reload()}>
        Sign in
      </Button>
    </div>
  )
}
