import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent } from 'react'

import { Failure } from '#api/failure.ts'
import type { Message } from '#api/types.ts'
import { useLive } from '#live/context.ts'
import { fileQuery } from '#live/files.ts'
import { heldUpBy } from '#live/messages.ts'
import { AT_ONCE } from '#live/queryClient.ts'
import { Button } from '#ui/Button.tsx'
import { useMounted } from '#ui/mounted.ts'
import { toastFailure } from '#ui/toasts.ts'

import { type Editing, mustFit } from './editing.ts'
import { isKept, type Kept, nameOf } from './file.ts'

interface ActionsProps {
  message: Message
  onEdit: Editing
}

const AGAIN: Partial<Record<NonNullable<Message['state']>, string>> = {
  failed: 'Retry',
  retrying: 'Send now',
  unknown: 'Check now',
}

/** What can be done about a message that has not reached the customer. */
export function Actions({ message, onEdit }: ActionsProps) {
  const live = useLive()
  const queries = useQueryClient()
  const isMounted = useMounted()
  const { state, attempts, attachments } = message
  /** Tells somebody who has gone elsewhere, and would take it for done. */
  const refused = (what: string, error: Error) => {
    if (isMounted()) return
    toastFailure(`${what}: ${live.look(message.conversationId)?.contact?.name ?? 'a message'}`, message.id, error)
  }
  /** A message that is gone by now, because somebody else has taken it back, does not go out. */
  const stays = (what: string, error: Error) => {
    if (Failure.from(error).status !== 404) refused(what, error)
  }
  const retry = useMutation({ mutationFn: () => live.retry(message), onError: (error) => refused('Not tried again', error) })
  // If Chatwoot has it but could not deliver it, it is deleted there too.
  const there = message.chatwootId != null
  const cancel = useMutation({
    meta: AT_ONCE,
    mutationFn: async (write: boolean) => {
      // Fetch the files before the message is gone.
      const kept = write ? attachments.filter(isKept) : []
      const files = await Promise.all(kept.map((one) => fileOf(queries, one)))
      const text = { content: message.content ?? '', private: message.private, files }
      if (write) mustFit(message.conversationId, text)
      await (there ? live.delete(message) : live.cancel(message))
      return text
    },
    // A text that was taken back can be edited.
    onSuccess: (text, write) => {
      if (write) onEdit(text)
    },
    onError: (error, write) => stays(write ? 'Not taken back' : 'Not discarded', error),
  })
  // Cancels handing a failed message to its channel again; it then stays, as failed.
  const stop = useMutation({
    meta: AT_ONCE,
    mutationFn: () => live.cancel(message),
    onError: (error) => stays('Not cancelled', error),
  })
  // What was refused in an earlier state says nothing of this one. An answer that is still to come does.
  const forget = useEffectEvent(() => {
    for (const one of [retry, cancel, stop]) if (one.isError) one.reset()
  })
  useEffect(() => forget(), [state])
  const failed = state === 'failed'
  const again = heldUpBy(message) !== null ? 'Try the earlier one now' : state && AGAIN[state]
  // After a failed try the message may have arrived, but not while it is known to need another try.
  const back = there ? null : state === 'retrying' ? 'Cancel' : state === 'queued' && attempts === 0 ? 'Undo' : null
  const stops = there && (state === 'retrying' || state === 'queued')
  // Files that cannot be fetched would be lost.
  const edit = failed && attachments.every(isKept)
  const busy = retry.isPending || cancel.isPending || stop.isPending
  const error = retry.error ?? cancel.error ?? stop.error
  return (
    <>
      {again && <Act name={again} busy={busy} act={() => retry.mutate()} />}
      {back && <Act name={back} busy={busy} act={() => cancel.mutate(true)} />}
      {stops && <Act name="Cancel" busy={busy} act={() => stop.mutate()} />}
      {edit && <Act name="Edit and resend" busy={busy} act={() => cancel.mutate(true)} />}
      {failed && <Act name="Discard" busy={busy} act={() => cancel.mutate(false)} />}
      {error && (
        <span role="alert" className="text-bad first-letter:uppercase">
          {error.message}
        </span>
      )}
    </>
  )
}

async function fileOf(queries: QueryClient, attachment: Kept): Promise<File> {
  const blob = await queries.query(fileQuery(attachment.id))
  return new File([blob], nameOf(attachment), { type: attachment.contentType ?? blob.type })
}

export function Act({ name, busy = false, act }: { name: string; busy?: boolean; act: () => void }) {
  return (
    <Button className="h-6 px-2 text-xs" busy={busy} onClick={act}>
      {name}
    </Button>
  )
}
