import { LogOut } from 'lucide-react'

import { useEnded } from '#auth/ended.ts'
import { Button } from '#ui/Button.tsx'

import { useKept } from './kept.ts'

/** Says above the workspace, without covering it, that the session is over. Nothing that was written is lost. */
export function SignedOut() {
  const kept = useKept()
  if (!useEnded()) return null
  return (
    <div
      role="alert"
      className="flex max-h-[40dvh] shrink-0 items-center justify-center gap-3 overflow-y-auto border-b border-line bg-raised px-4 py-2"
    >
      <LogOut aria-hidden className="size-4 shrink-0 text-soft" />
      <p>You have been signed out; {kept}.</p>
      {/* Reloading goes to the provider, and comes back here. */}
      <Button look="primary" onClick={() => window.location.reload()}>
        Sign in
      </Button>
    </div>
  )
}
