import { SearchX } from 'lucide-react'

import type { Failure } from '#api/failure.ts'
import { Button } from '#ui/Button.tsx'
import { Empty, Failed } from '#ui/State.tsx'

interface NotThereProps {
  error: Failure
  retry: () => void
  /** To the inbox. */
  back: () => void
}

/** In the place of a conversation that did not load: what is not there is not there at another try either. */
export function NotThere({ error, retry, back }: NotThereProps) {
  if (error.status !== 404 && error.status !== 422) return <Failed what="The conversation did not load" error={error} retry={retry} />
  return (
    <Empty icon={SearchX} title="This conversation does not exist" action={<Button onClick={back}>Back to the inbox</Button>}>
      It may have been deleted, or the address may be incomplete.
    </Empty>
  )
}
