import type { ReactNode } from 'react'

import { LONGEST_REASON } from '#api/limits.ts'

import { Button } from './Button.tsx'
import { composes } from './composing.ts'
import { Refusal } from './Refusal.tsx'
import { Sheet } from './Sheet.tsx'
import { useUnsent } from './unsent.ts'

interface ReasonSheetProps {
  title: string
  /** What its button says; the title if left out. */
  act?: string
  /** What the reason is for. It is kept under this name until it is sent, when `forgetUnsent` removes it. */
  about: string
  question: string
  rows: number
  /** Shown above the question. */
  children?: ReactNode
  pending: boolean
  error: Error | null
  send: (reason: string) => void
  close: () => void
}

/** A dialog that asks for a reason before it does what its button says. */
export function ReasonSheet({ title, act = title, about, question, rows, children, pending, error, send, close }: ReasonSheetProps) {
  const [reason, setReason] = useUnsent(about, '')
  const blank = reason.trim() === ''
  const submit = () => {
    if (!blank && !pending) send(reason.trim())
  }
  return (
    <Sheet title={title} open onOpenChange={(open) => !open && close()}>
      <form
        className="flex flex-col gap-3 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        {children}
        <label className="flex flex-col gap-1 text-sm font-medium">
          {question}
          <textarea
            // The dialog was opened to write just this.
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
            value={reason}
            rows={rows}
            dir="auto"
            maxLength={LONGEST_REASON}
            onChange={(event) => setReason(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !composes(event.nativeEvent)) submit()
            }}
            className="rounded-lg border border-field bg-surface px-3 py-2 text-base font-normal"
          />
        </label>
        <Refusal error={error} />
        <Button type="submit" look="primary" disabled={blank} busy={pending}>
          {act}
        </Button>
      </form>
    </Sheet>
  )
}
