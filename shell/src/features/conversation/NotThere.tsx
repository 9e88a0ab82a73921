import { SearchX } from 'lucide-react'

import type { Failure } from '#api/failure.ts'
import { Button } from '#ui/Button.tsx'
import { Empty, Failed } from '#ui/State.tsx'

interface NotThereProps {
  error: Failure
  retry: () => void
  /** Goes to the inbox. */
  back: () => void
}

/** Shown instead of a conversation that did not load. If it does not exist, trying again would not help. */
export function NotThere({ error, retry, back }: NotThereProps) {
  if (error.status !== 404 && error.status !== 422) return <Failed what="The conversation did not load" error={error} retry={retry} />
  return (
    <Empty icon={SearchX} title="This conversation does not exist" action={<Button onClick={back}>Back to the inbox</Button>}>
      It may have been deleted, or the address may be incomplete.
    </Empty>
  )
}
