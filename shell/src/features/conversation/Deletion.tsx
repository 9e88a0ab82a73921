import { useMutation } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'

import type { Message } from '#api/types.ts'
import { useLive } from '#live/context.ts'
import { Button } from '#ui/Button.tsx'
import { useMounted } from '#ui/mounted.ts'
import { Refusal } from '#ui/Refusal.tsx'
import { Sheet } from '#ui/Sheet.tsx'
import { toastFailure } from '#ui/toasts.ts'

/** Deletes a message of this person in Chatwoot, after saying what that means. */
export function Deletion({ message }: { message: Message }) {
  const [asks, setAsks] = useState(false)
  if (message.deleted || message.chatwootId == null) return null
  return (
    <>
      <button
        type="button"
        aria-label="Delete message"
        title="Delete message"
        onClick={() => setAsks(true)}
        // Hidden only on devices that can hover.
        className="flex size-7 shrink-0 items-center justify-center self-center rounded-lg text-faint [@media(hover:hover)]:opacity-0 group-hover:opacity-100 hover:bg-hover hover:text-ink focus-visible:opacity-100"
      >
        <Trash2 aria-hidden className="size-3.5" />
      </button>
      {asks && (
        <Sheet title="Delete this message?" open onOpenChange={setAsks}>
          <Confirm message={message} close={() => setAsks(false)} />
        </Sheet>
      )}
    </>
  )
}

function Confirm({ message, close }: { message: Message; close: () => void }) {
  const live = useLive()
  const isMounted = useMounted()
  const remove = useMutation({
    mutationFn: () => live.delete(message),
    onSuccess: close,
    onError: (error) => {
      if (!isMounted()) toastFailure('Not deleted: your message', message.id, error)
    },
  })
  return (
    <div className="flex flex-col gap-4 p-4">
      <p className="text-soft">
        {message.private
          ? 'It will be deleted in Chatwoot as well.'
          : 'It will be deleted in Chatwoot as well. A copy that was already delivered to the customer usually stays.'}
      </p>
      <Refusal error={remove.error} />
      <div className="flex justify-end gap-2">
        <Button disabled={remove.isPending} onClick={close}>
          Keep
        </Button>
        <Button look="primary" busy={remove.isPending} onClick={() => remove.mutate()}>
          Delete
        </Button>
      </div>
    </div>
  )
}
