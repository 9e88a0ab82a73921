import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'

import { again } from '#live/again.ts'
import { actOnLetter, deadLetterQuery } from '#live/operations.ts'
import { Button } from '#ui/Button.tsx'
import { Fact } from '#ui/Fact.tsx'
import { useMounted } from '#ui/mounted.ts'
import { Refusal } from '#ui/Refusal.tsx'
import { Failed } from '#ui/State.tsx'
import { exactly } from '#ui/time.ts'
import { toast, toastFailure } from '#ui/toasts.ts'

import { inWords } from './words.ts'

type Act = 'redrive' | 'drop'

const ACTS: Record<Act, string> = { redrive: 'Redrive', drop: 'Drop' }

type Outcome = Awaited<ReturnType<typeof actOnLetter>>['outcome']

/** What became of it. Another operator may have been first. */
const OUTCOMES: Record<Outcome, string> = {
  'would-be-sent': 'Would be sent again',
  'would-be-dropped': 'Would be dropped',
  sent: 'Sent to its stream again',
  'sent-before': 'It was already sent again',
  dropped: 'Dropped',
  gone: 'It was already gone',
}
const TO_DO = new Set<Outcome>(['would-be-sent', 'would-be-dropped'])

interface LetterProps {
  id: string
  acts: boolean
  close: () => void
}

/** A dead letter with its content, and what can be done with it: first a preview, then the action. */
export function Letter({ id, acts, close }: LetterProps) {
  const query = useQuery(deadLetterQuery(id))
  const client = useQueryClient()
  const isMounted = useMounted()
  const words = useId()
  const [act, setAct] = useState<Act | null>(null)
  const preview = useMutation({ mutationFn: (next: Act) => actOnLetter(id, next, true) })
  const doing = useMutation({
    mutationFn: (next: Act) => actOnLetter(id, next, false),
    onSuccess: ({ deadLetter, outcome }) => {
      void client.invalidateQueries({ queryKey: ['operations'] })
      toast({
        key: `letter ${id}`,
        title: OUTCOMES[outcome],
        detail: inWords(deadLetter.event ?? deadLetter.subject),
        action: { label: 'OK', run: () => undefined },
      })
      // Somebody who has closed it may have another one open by now.
      if (isMounted()) close()
    },
    onError: (error, wanted) => {
      if (!isMounted()) toastFailure(`Not done: ${ACTS[wanted].toLowerCase()} a dead letter`, id, error)
    },
  })
  if (query.isPending) return <div role="status" aria-label="Loading the letter" className="skeleton m-5 h-64" />
  if (!query.data) return <Failed what="The letter did not load" error={query.error} retry={() => void again(query)} />
  const { at, stream, streamSequence, consumer, subject, reason, detail, bytes, headers, payload } = query.data
  const failure = preview.error ?? doing.error
  return (
    <div className="flex flex-col gap-4 p-5">
      <dl className="grid grid-cols-[6.5rem_1fr] gap-y-2 text-sm">
        <Fact name="Reason">{inWords(reason)}</Fact>
        <Fact name="Details">{detail}</Fact>
        <Fact name="Given up at">{exactly(at)}</Fact>
        <Fact name="Consumer">{consumer}</Fact>
        <Fact name="From">
          {stream}, number {streamSequence.toLocaleString()}
        </Fact>
        <Fact name="Subject">{subject}</Fact>
      </dl>
      <Block name={`Content, ${bytes.toLocaleString()} bytes, personal data masked`}>{JSON.stringify(payload, null, 2)}</Block>
      <Block name="Headers">{JSON.stringify(headers, null, 2)}</Block>
      <Refusal error={failure} />
      {acts && act === null && (
        <div className="flex gap-2">
          {(['redrive', 'drop'] as const).map((one) => (
            <Button
              key={one}
              look={one === 'redrive' ? 'primary' : 'plain'}
              busy={preview.isPending}
              onClick={() => {
                // An earlier refusal was about the other action.
                doing.reset()
                preview.mutate(one, { onSuccess: () => setAct(one) })
              }}
            >
              {ACTS[one]}…
            </Button>
          ))}
        </div>
      )}
      {act !== null && preview.data && (
        <div
          role="group"
          aria-label="Confirm"
          aria-describedby={words}
          tabIndex={-1}
          ref={asks}
          className="rounded-xl border border-line bg-sunken p-4 outline-none"
        >
          <p id={words} className="wrap-anywhere">
            {TO_DO.has(preview.data.outcome)
              ? act === 'redrive'
                ? `It will be sent to ${stream} again as ${subject} and removed from the dead letters. The audit log records who did this.`
                : 'It will be removed for good. The audit log records who did this.'
              : `Nothing is left to do. ${OUTCOMES[preview.data.outcome]}.`}
          </p>
          <div className="mt-3 flex gap-2">
            {TO_DO.has(preview.data.outcome) && (
              <Button look="primary" busy={doing.isPending} onClick={() => doing.mutate(act)}>
                {act === 'redrive' ? 'Redrive it' : 'Drop it for good'}
              </Button>
            )}
            <Button busy={doing.isPending} onClick={() => setAct(null)}>
              Cancel
            </Button>
          </div>
        </div>
      )}
    </div>
  )
}

/** The pressed button is gone, and the focus with it. */
function asks(element: HTMLElement | null): void {
  element?.focus({ preventScroll: true })
  element?.scrollIntoView({ block: 'nearest' })
}

function Block({ name, children }: { name: string; children: string }) {
  return (
    <section aria-label={name}>
      <h3 className="mb-1 text-sm text-soft">{name}</h3>
      {/* Focusable, so that it can be scrolled by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} className="max-h-72 overflow-auto rounded-lg bg-sunken p-3 text-xs">
        {children}
      </pre>
    </section>
  )
}
