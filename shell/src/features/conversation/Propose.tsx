import { useMutation } from '@tanstack/react-query'

import { propose } from '#live/approving.ts'
import { useDrafts } from '#live/context.ts'
import { useMounted } from '#ui/mounted.ts'
import { ReasonSheet } from '#ui/ReasonSheet.tsx'
import { toast, toastFailure } from '#ui/toasts.ts'
import { forgetUnsent } from '#ui/unsent.ts'

import { proposalIn } from './proposing.ts'

interface ProposeProps {
  conversationId: string
  /** The text of the reply. */
  content: string
  /** The draft that it was made of. */
  draft: string
  close: () => void
}

/** Asks for approval of a reply. */
export default function Propose({ conversationId, content, draft, close }: ProposeProps) {
  const isMounted = useMounted()
  const about = proposalIn(conversationId)
  const drafts = useDrafts()
  const asking = useMutation({
    mutationFn: (reason: string) => propose(conversationId, content, reason),
    onSuccess: (_, reason) => {
      forgetUnsent(about, reason)
      // The person may have gone on writing, before the dialog came or after they closed it.
      if (drafts.of(conversationId, 'reply') === draft) drafts.set(conversationId, 'reply', '')
      if (isMounted()) close()
      toast({
        key: `proposed ${conversationId}`,
        title: 'Approval requested',
        detail: 'The reply is sent once it is approved.',
      })
    },
    onError: (error) => {
      if (!isMounted()) toastFailure('Approval not requested', conversationId, error)
    },
  })
  return (
    <ReasonSheet
      title="Ask for approval"
      about={about}
      question="Why does it need approval?"
      rows={3}
      pending={asking.isPending}
      error={asking.error}
      send={asking.mutate}
      close={close}
    >
      <p className="text-sm font-medium">The reply</p>
      <p dir="auto" className="max-h-48 overflow-y-auto rounded-2xl border border-dashed border-accent-line bg-accent-soft px-3.5 py-2 whitespace-pre-wrap wrap-anywhere">
        {content}
      </p>
    </ReasonSheet>
  )
}
