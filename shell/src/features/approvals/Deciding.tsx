import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'

import { Failure } from '#api/failure.ts'
import { LONGEST_MESSAGE, LONGEST_REASON } from '#api/limits.ts'
import type { Approval } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { type Decision, decide, showApproval, withdrawApproval } from '#live/approving.ts'
import { Button } from '#ui/Button.tsx'
import { composes } from '#ui/composing.ts'
import { isFocusLost } from '#ui/focus.ts'
import { useKeys } from '#ui/keyboard.ts'
import { Keys } from '#ui/Keys.tsx'
import { useMounted } from '#ui/mounted.ts'
import { exactly } from '#ui/time.ts'
import { toastFailure } from '#ui/toasts.ts'
import { forgetUnsent, useUnsent } from '#ui/unsent.ts'
import { titled } from '#ui/words.ts'

import { isProposal, proposedText } from './proposal.ts'

const FIELD = 'rounded-lg border border-field bg-surface px-3 py-2 text-base font-normal'
const DECIDES = <Keys keys="Mod+Enter" className="border-current opacity-80" />

/** What can be done with a waiting request: withdraw it, or decide it. */
export function Deciding({ approval }: { approval: Approval }) {
  const queryClient = useQueryClient()
  const isMounted = useMounted()
  /** The version that this person has read. A newer one is only decided when they press again. */
  const [read, setRead] = useState(approval)
  const about = `decide ${approval.id}`
  const [words, setWords] = useUnsent(about, '')
  /** Whether the keyboard shortcut rejects. It only ever repeats the last choice, and approves by default. */
  const [rejects, setRejects] = useState(false)
  /** The text to be sent instead of the proposed reply; null while that is unchanged. */
  const [reply, setReply] = useUnsent<string | null>(`${about} reply`, null)
  const [edits, setEdits] = useState(false)
  /** Whether there was something to decide when this person came, or had been before. */
  const [waited] = useState(approval.status === 'submitted' || words !== '' || reply !== null)
  const { person } = session()
  const own = approval.requestedById === person.id
  const put = (now: Approval) => showApproval(queryClient, now)
  const forget = () => {
    forgetUnsent(about)
    forgetUnsent(`${about} reply`)
  }
  const done = (now: Approval) => {
    forget()
    put(now)
  }
  /** Tells somebody who has gone elsewhere, and would take it for done. */
  const refused = (title: string, error: Error) => {
    if (!isMounted()) toastFailure(`${title}: ${titled(approval.type).toLowerCase()} of ${approval.requestedBy}`, approval.id, error)
    const current = error instanceof Failure ? (error.current as Approval | null | undefined) : null
    if (!current) return
    put(current)
    setRead(current)
  }
  const deciding = useMutation({
    // What was there when they pressed: what they type while it waits for a token is not decided.
    mutationFn: ({ read, decision }: { read: Approval; decision: Decision }) => decide(read, decision),
    onSuccess: done,
    onError: (error, { decision }) => refused(`Not ${decision.status}`, error),
  })
  const withdrawing = useMutation({
    mutationFn: () => withdrawApproval(approval),
    onSuccess: done,
    onError: (error) => refused('Not withdrawn', error),
  })
  const busy = deciding.isPending || withdrawing.isPending
  const may = !own && person.may('approvals:decide')
  const blank = reply?.trim() === ''
  const wantsReason = rejects && words.trim() === ''
  const approve = () => {
    setRejects(false)
    if (may && !busy && !blank) deciding.mutate({ read, decision: { status: 'approved', words: words.trim(), ...(reply !== null && { content: reply.trim() }) } })
  }
  const reject = () => {
    setRejects(true)
    if (may && !busy && words.trim() !== '') deciding.mutate({ read, decision: { status: 'rejected', words: words.trim() } })
  }
  const confirm = rejects ? reject : approve
  const send = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || composes(event.nativeEvent)) return
    event.preventDefault()
    if (!event.repeat) confirm()
  }
  useKeys({ 'mod+Enter': confirm }, may && approval.status === 'submitted')

  const error = deciding.error ?? withdrawing.error
  if (approval.status !== 'submitted') {
    if (deciding.isSuccess || withdrawing.isSuccess) return <Over own={own} words={`You have ${approval.status} it.`} />
    // It may be their own decision: the event may come before the answer.
    if (busy && (approval.decidedById ?? person.id) === person.id) return null
    const begun = [
      { name: 'The reply', text: reply === proposedText(approval) ? '' : (reply ?? '') },
      { name: 'Your message', text: words },
    ].filter(({ text }) => text.trim() !== '')
    const concerns = own ? withdrawing.isError : waited && may
    if (!concerns && begun.length === 0) return null
    const when = approval.decidedAt ? ` at ${exactly(approval.decidedAt)}` : ''
    // The answer to their own decision may have been lost.
    const first = approval.decidedById === person.id ? 'You had already decided' : `${approval.decidedBy ?? 'Someone'} was first`
    return <Over own={own} late words={`${first}: it was ${approval.status}${when}.`} begun={begun} discard={forget} />
  }
  return (
    <div className="flex flex-col gap-3">
      {error && (
        <p role="alert" className="text-bad first-letter:uppercase">
          {error.message}
        </p>
      )}
      {own ? (
        <div className="flex items-center gap-3">
          <p className="grow text-soft">Someone else has to decide your request.</p>
          {person.may('approvals:request') && (
            <Button busy={busy} onClick={() => withdrawing.mutate()}>
              Withdraw
            </Button>
          )}
        </div>
      ) : may ? (
        <>
          {reply !== null && (
            <label className="flex flex-col gap-1 text-sm font-medium">
              The reply that will be sent
              <textarea
                value={reply}
                rows={6}
                dir="auto"
                maxLength={LONGEST_MESSAGE}
                // The button before it was pressed in order to write here. A text from earlier does not take the focus.
                // eslint-disable-next-line jsx-a11y/no-autofocus
                autoFocus={edits}
                onChange={(event) => setReply(event.target.value)}
                onKeyDown={send}
                className={FIELD}
              />
            </label>
          )}
          <label className="flex flex-col gap-1 text-sm font-medium">
            Your message to {approval.requestedBy}
            <textarea
              value={words}
              rows={2}
              dir="auto"
              maxLength={LONGEST_REASON}
              aria-invalid={wantsReason}
              aria-describedby={wantsReason ? 'reason-wanted' : undefined}
              onChange={(event) => setWords(event.target.value)}
              onKeyDown={send}
              className={FIELD}
            />
          </label>
          {wantsReason && (
            <p id="reason-wanted" role="alert" className="text-sm text-bad">
              Give a reason for rejecting it.
            </p>
          )}
          <div className="flex flex-wrap items-center justify-end gap-2">
            <Button busy={busy} onClick={reject}>
              Reject
              {rejects && DECIDES}
            </Button>
            {isProposal(approval) &&
              (reply === null ? (
                <Button
                  busy={busy}
                  onClick={() => {
                    setEdits(true)
                    setReply(proposedText(approval))
                  }}
                >
                  Edit and approve
                </Button>
              ) : (
                <Button busy={busy} onClick={() => setReply(null)}>
                  Leave as proposed
                </Button>
              ))}
            <Button look="primary" disabled={blank} busy={busy} onClick={approve}>
              {reply === null ? 'Approve' : 'Approve as edited'}
              {!rejects && DECIDES}
            </Button>
          </div>
        </>
      ) : (
        <p className="text-soft">Waiting for someone who can decide.</p>
      )}
      {/* At the bottom, so that its appearance moves no button. */}
      {approval.stale && (
        <p role="alert" className="rounded-lg border border-note-line bg-note px-3 py-2 text-note-text">
          The customer has written since this was requested. Read that first.
        </p>
      )}
    </div>
  )
}

interface OverProps {
  own: boolean
  words: string
  late?: boolean
  /** Texts that were typed in vain, to be copied. */
  begun?: readonly { name: string; text: string }[]
  discard?: () => void
}

/**
 * Says that there is nothing left to decide, and where to go next. The pressed button is gone, and the focus with it.
 * Somebody who was typing gets the focus on their text, where further keys do nothing.
 */
function Over({ own, words, late = false, begun = [], discard }: OverProps) {
  const place = useRef<HTMLDivElement>(null)
  const on = useRef<HTMLAnchorElement>(null)
  useEffect(() => {
    if (isFocusLost()) (place.current?.querySelector('textarea') ?? on.current)?.focus()
  }, [])
  return (
    <div ref={place} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 rounded-lg border border-line bg-sunken px-3 py-2">
        <p role={late ? 'alert' : 'status'}>{words}</p>
        <Link ref={on} to="/approvals" search={{ show: own ? 'mine' : 'waiting' }} className="text-accent underline underline-offset-2">
          {own ? 'Your other requests' : 'Other requests waiting for you'}
        </Link>
      </div>
      {begun.map(({ name, text }) => (
        <label key={name} className="flex flex-col gap-1 text-sm font-medium">
          {name}, not sent
          <textarea readOnly value={text} rows={3} dir="auto" className={FIELD} />
        </label>
      ))}
      {begun.length > 0 && (
        <Button
          className="self-end"
          onClick={() => {
            on.current?.focus()
            discard?.()
          }}
        >
          Discard
        </Button>
      )}
    </div>
  )
}
