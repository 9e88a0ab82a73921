import { useMutation } from '@tanstack/react-query'

import type { Message } from '#api/types.ts'
import { prependDraft } from '#live/drafts.ts'
import { useLive } from '#live/live.ts'
import { Button } from '#ui/Button.tsx'

/** What can be done about a message that is not with the customer yet. */
export function Actions({ message }: { message: Message }) {
  const live = useLive()
  const retry = useMutation({ mutationFn: () => live.retry(message) })
  const cancel = useMutation({
    mutationFn: () => live.cancel(message),
    // What was taken back can be written anew.
    onSuccess: () =>
      prependDraft(message.conversationId, message.private ? 'note' : 'reply', message.content ?? ''),
  })
  const { state, attempts } = message
  const again = state === 'failed' ? 'Retry' : state === 'retrying' ? 'Send now' : null
  // What was tried and failed may have arrived; what is to be retried has not.
  const back = state === 'retrying' ? 'Cancel' : state === 'queued' && attempts === 0 ? 'Undo' : null
  const busy = retry.isPending || cancel.isPending
  const error = retry.error ?? cancel.error
  return (
    <>
      {again && (
        <Button className="h-6 px-2 text-xs" disabled={busy} onClick={() => retry.mutate()}>
          {again}
        </Button>
      )}
      {back && (
        <Button className="h-6 px-2 text-xs" disabled={busy} onClick={() => cancel.mutate()}>
          {back}
        </Button>
      )}
      {error && (
        <span role="alert" className="text-bad first-letter:uppercase">
          {error.message}
        </span>
      )}
    </>
  )
}
