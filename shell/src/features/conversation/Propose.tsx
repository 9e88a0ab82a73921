import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'

import { setDraft } from '#live/drafts.ts'
import { useLive } from '#live/live.ts'
import { Button } from '#ui/Button.tsx'
import { Sheet } from '#ui/Sheet.tsx'
import { toast } from '#ui/toasts.ts'

const LONGEST = 2_000

interface ProposeProps {
  conversationId: string
  /** What is to go out. */
  content: string
  close: () => void
}

/** Asks somebody else whether a reply may go out. */
export default function Propose({ conversationId, content, close }: ProposeProps) {
  const live = useLive()
  const [reason, setReason] = useState('')
  // One request however often it is sent.
  const [key] = useState(() => crypto.randomUUID())
  const propose = useMutation({
    mutationFn: () => live.propose(conversationId, content, reason.trim(), key),
    onSuccess: () => {
      setDraft(conversationId, 'reply', '')
      close()
      toast({
        key: `proposed ${conversationId}`,
        title: 'Approval asked for',
        detail: 'The reply goes out when somebody has approved it.',
        action: { label: 'All right', run: () => undefined },
      })
    },
  })
  const send = () => {
    if (reason.trim() !== '' && !propose.isPending) propose.mutate()
  }
  return (
    <Sheet title="Ask for approval" open onOpenChange={(open) => !open && close()}>
      <form
        className="flex flex-col gap-3 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <p className="text-sm font-medium">The reply</p>
        <p dir="auto" className="max-h-48 overflow-y-auto rounded-2xl border border-dashed border-accent-line bg-accent-soft px-3.5 py-2 whitespace-pre-wrap wrap-anywhere">
          {content}
        </p>
        <label className="flex flex-col gap-1 text-sm font-medium">
          Why must somebody approve it?
          <textarea
            value={reason}
            rows={3}
            maxLength={LONGEST}
            onChange={(event) => setReason(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send()
            }}
            className="rounded-lg border border-line bg-surface px-3 py-2 text-base font-normal"
          />
        </label>
        {propose.error && (
          <p role="alert" className="text-sm text-bad first-letter:uppercase">
            {propose.error.message}
          </p>
        )}
        <Button type="submit" look="primary" disabled={reason.trim() === '' || propose.isPending}>
          Ask for approval
        </Button>
      </form>
    </Sheet>
  )
}
