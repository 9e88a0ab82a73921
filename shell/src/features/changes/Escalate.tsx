import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'

import { useLive } from '#live/live.ts'
import { Button } from '#ui/Button.tsx'
import { Sheet } from '#ui/Sheet.tsx'
import { toast } from '#ui/toasts.ts'

/** Hands a conversation to those who decide, with the reason. */
export default function Escalate({ id, close }: { id: string; close: () => void }) {
  const live = useLive()
  const [reason, setReason] = useState('')
  // One request however often it is sent.
  const [key] = useState(() => crypto.randomUUID())
  const escalate = useMutation({
    mutationFn: () => live.escalate(id, reason.trim(), key),
    onSuccess: () => {
      close()
      toast({
        key: `escalated ${id}`,
        title: 'Escalated',
        detail: 'You are told when somebody has decided.',
        action: { label: 'All right', run: () => undefined },
      })
    },
  })
  const send = () => {
    if (reason.trim() !== '' && !escalate.isPending) escalate.mutate()
  }
  return (
    <Sheet title="Escalate" open onOpenChange={(open) => !open && close()}>
      <form
        className="flex flex-col gap-3 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <label className="flex flex-col gap-1 text-sm font-medium">
          Why must somebody else decide?
          <textarea
            value={reason}
            rows={4}
            maxLength={2_000}
            onChange={(event) => setReason(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send()
            }}
            className="rounded-lg border border-line bg-surface px-3 py-2 text-base font-normal"
          />
        </label>
        {escalate.error && (
          <p role="alert" className="text-sm text-bad first-letter:uppercase">
            {escalate.error.message}
          </p>
        )}
        <Button type="submit" look="primary" disabled={reason.trim() === '' || escalate.isPending}>
          Escalate
        </Button>
      </form>
    </Sheet>
  )
}
