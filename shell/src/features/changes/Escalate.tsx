import { useMutation } from '@tanstack/react-query'

import { nameOf } from '#desk/words.ts'
import { escalate } from '#live/approving.ts'
import { useLive } from '#live/context.ts'
import { useMounted } from '#ui/mounted.ts'
import { ReasonSheet } from '#ui/ReasonSheet.tsx'
import { toast, toastFailure } from '#ui/toasts.ts'
import { forgetUnsent } from '#ui/unsent.ts'

/** Escalates a conversation, with a reason. */
export default function Escalate({ id, close }: { id: string; close: () => void }) {
  const live = useLive()
  const isMounted = useMounted()
  const about = `escalate ${id}`
  const row = live.look(id)
  const of = row ? `: ${nameOf(row)}` : ''
  const asking = useMutation({
    mutationFn: (reason: string) => escalate(id, reason),
    onSuccess: (_, reason) => {
      forgetUnsent(about, reason)
      // Another dialog may be open by now.
      if (isMounted()) close()
      toast({
        key: `escalated ${id}`,
        title: `Escalated${of}`,
        detail: 'You will be notified of the decision.',
      })
    },
    onError: (error) => {
      if (!isMounted()) toastFailure(`Not escalated${of || ': the conversation'}`, id, error)
    },
  })
  return (
    <ReasonSheet
      title={`Escalate${of}`}
      act="Escalate"
      about={about}
      question="Why does this need someone else’s decision?"
      rows={4}
      pending={asking.isPending}
      error={asking.error}
      send={asking.mutate}
      close={close}
    />
  )
}
