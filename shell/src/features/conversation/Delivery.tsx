import { Check, CheckCheck, CircleAlert, CircleQuestionMark, Clock, Hourglass, LoaderCircle, type LucideIcon, RotateCw, WifiOff } from 'lucide-react'
import type { ReactNode } from 'react'

import type { Message } from '#api/types.ts'
import { heldUpBy } from '#live/messages.ts'
import type { Written } from '#live/written.ts'
import { classes } from '#ui/classes.ts'
import { useNowThere } from '#ui/clock.ts'
import { exactly, span, timeOfDay } from '#ui/time.ts'

interface StateProps {
  icon: LucideIcon
  colour?: string
  spins?: boolean
  title?: string
  children: ReactNode
}

function State({ icon: Icon, colour = 'text-faint', spins = false, title, children }: StateProps) {
  return (
    <span title={title} className={classes('inline-flex items-center gap-1', colour)}>
      <Icon aria-hidden className={classes('size-3.5 shrink-0', spins && 'spinner')} />
      {children}
    </span>
  )
}

/**
 * A message overdue by this much is put off again for the same reason, which is only reported once, so the time is not
 * known here. Milliseconds.
 */
const OVERDUE = 30_000

/**
 * A countdown for the eye. Screen readers get the fixed time instead, because they read out every change in a thread.
 */
function Countdown({ until, words }: { until: string; words: string }) {
  const left = Date.parse(until) - useNowThere('fast')
  if (left < -OVERDUE) return words
  return (
    <>
      <span aria-hidden className="tabular-nums">
        {left > 0 ? `${words} in ${span(left)}` : `${words} now`}
      </span>
      <span className="sr-only">{`${words} at ${timeOfDay(until)}`}</span>
    </>
  )
}

function tries(attempts: number, most: number | null | undefined): string {
  if (most != null && attempts < most) return `${attempts + 1} of ${most}`
  return `${attempts} ${attempts === 1 ? 'try' : 'tries'} so far`
}

/** What is tried again when a message is held up is not the message. */
const EARLIER = 'Waiting for the reply or change before it, which is tried again'

/** The delivery state of a message, in words. */
export function Delivery({ message }: { message: Message }) {
  const { state, stateReason, attempts, maxAttempts, nextAttemptAt, updatedAt } = message
  const noun = message.private ? 'Note not saved' : 'Not sent'
  const at = exactly(updatedAt)
  const heldUp = heldUpBy(message)
  // Tries are counted until Chatwoot has the message; what its channel does after that is not.
  const there = message.chatwootId != null
  switch (state) {
    case 'queued':
      return (
        <State icon={Clock}>
          {nextAttemptAt ? <Countdown until={nextAttemptAt} words="Sending" /> : 'Waiting to be sent'}
        </State>
      )
    case 'sending':
      return (
        <State icon={LoaderCircle} spins>
          Sending
        </State>
      )
    case 'sent':
      return message.private ? null : (
        <State icon={Check} title={at}>
          Sent
        </State>
      )
    case 'delivered':
      return (
        <State icon={CheckCheck} title={at}>
          Delivered
        </State>
      )
    case 'read':
      return (
        <State icon={CheckCheck} colour="text-accent" title={at}>
          Read
        </State>
      )
    case 'retrying':
      if (heldUp !== null) {
        return (
          <State icon={Hourglass} colour="text-warn">
            <span>
              {nextAttemptAt ? <Countdown until={nextAttemptAt} words={EARLIER} /> : EARLIER}
              {`: ${heldUp}. This one follows by itself.`}
            </span>
          </State>
        )
      }
      return (
        <State icon={RotateCw} colour="text-warn">
          <span>
            {nextAttemptAt ? <Countdown until={nextAttemptAt} words="Trying again" /> : 'Trying again'}
            {attempts > 0 && !there && ` (${tries(attempts, maxAttempts)})`}
            {stateReason && `: ${stateReason}`}
          </span>
        </State>
      )
    case 'failed':
      return (
        <State icon={CircleAlert} colour="text-bad font-medium">
          <span>
            {noun}
            {stateReason && `: ${stateReason}`}
          </span>
        </State>
      )
    case 'unknown':
      return (
        <State icon={CircleQuestionMark} colour="text-warn">
          <span>{stateReason ? `${stateReason}; checking` : 'Chatwoot did not answer; checking'}</span>
        </State>
      )
    default:
      return null
  }
}

/** The state of a message that the API does not have yet. */
export function WrittenDelivery({ written, offline }: { written: Written; offline: boolean }) {
  switch (written.state) {
    case 'sending':
      return (
        <State icon={LoaderCircle} spins>
          Sending
        </State>
      )
    case 'waiting':
      return offline ? (
        <State icon={WifiOff} colour="text-warn">
          Will be sent when you are online
        </State>
      ) : (
        <State icon={Clock} colour={written.reason ? 'text-warn' : 'text-faint'}>
          {written.reason ? `Trying again: ${written.reason}` : 'Waiting to be sent'}
        </State>
      )
    case 'overtaken':
      return (
        <State icon={CircleAlert} colour="text-bad font-medium">
          Not sent: new messages arrived first
        </State>
      )
    case 'refused':
      return (
        <State icon={CircleAlert} colour="text-bad font-medium">
          {`${written.private ? 'Note not saved' : 'Not sent'}: ${written.reason ?? 'refused'}`}
        </State>
      )
  }
}
