import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, CircleDashed, ExternalLink, Unplug } from 'lucide-react'
import { useId, useRef, useState } from 'react'

import { Failure } from '#api/failure.ts'
import type { ChatwootLink } from '#api/types.ts'
import { again } from '#live/again.ts'
import { link, linksQuery, unlink } from '#live/links.ts'
import { Button } from '#ui/Button.tsx'
import { useMounted } from '#ui/mounted.ts'
import { Refusal } from '#ui/Refusal.tsx'
import { Sheet } from '#ui/Sheet.tsx'
import { Empty, Failed } from '#ui/State.tsx'
import { exactly } from '#ui/time.ts'
import { toastFailure } from '#ui/toasts.ts'

/** Links this person's Chatwoot tokens: what they write is sent under the name of the token's owner. */
export default function Links({ close }: { close: () => void }) {
  return (
    <Sheet title="Your name in Chatwoot" open onOpenChange={(open) => !open && close()}>
      <Accounts />
    </Sheet>
  )
}

function Accounts() {
  const query = useQuery(linksQuery())
  if (query.isPending) {
    return (
      <div role="status" aria-label="Loading accounts" className="p-4">
        <div className="skeleton h-28" />
      </div>
    )
  }
  if (!query.data) return <Failed what="Accounts did not load" error={query.error} retry={() => void again(query)} />
  if (query.data.length === 0) return <Empty icon={Unplug} title="No Chatwoot account is connected" />
  return (
    <>
      <p className="px-4 pt-4 text-sm text-soft">
        With your own access token, what you write here carries your name, for customers and in Chatwoot’s reports. Without it,
        it carries the name of the account’s connection.
      </p>
      <ul aria-label="Accounts" className="divide-y divide-line">
        {query.data.map((one) => (
          <Account key={one.accountId} of={one} />
        ))}
      </ul>
    </>
  )
}

function Account({ of: account }: { of: ChatwootLink }) {
  const { accountId, chatwootAccountId, accountName, chatwootUrl, userId, refusedAt } = account
  const client = useQueryClient()
  const isMounted = useMounted()
  const name = accountName ?? `Account ${chatwootAccountId}`
  const put = async (now: ChatwootLink) => {
    const { queryKey } = linksQuery()
    // A load that is under way may bring the earlier state.
    await client.cancelQueries({ queryKey })
    client.setQueryData(queryKey, (list) =>
      list && { ...list, data: list.data.map((one) => (one.accountId === accountId ? now : one)) },
    )
    void client.invalidateQueries({ queryKey })
  }
  const remove = useMutation({
    mutationFn: () => unlink(accountId),
    onSuccess: () => put({ ...account, userId: null, userName: null, linkedAt: null, refusedAt: null }),
    onError: (error) => {
      if (!isMounted()) toastFailure(`Not unlinked: ${name}`, accountId, error)
    },
  })
  const linked = userId != null
  return (
    <li className="flex flex-col gap-3 p-4">
      <div className="flex items-start gap-3">
        <div className="min-w-0 grow">
          <h3 className="truncate font-semibold">{name}</h3>
          <p className="truncate text-xs text-soft">{chatwootUrl}</p>
          <State of={account} />
        </div>
        {linked && (
          <Button aria-label={`Unlink ${name}`} busy={remove.isPending} onClick={() => remove.mutate()}>
            Unlink
          </Button>
        )}
      </div>
      <Refusal error={remove.error} />
      {(!linked || refusedAt != null) && <Linking of={account} name={name} linked={put} />}
    </li>
  )
}

function State({ of: { userId, userName, linkedAt, refusedAt } }: { of: ChatwootLink }) {
  const who = userName ?? `agent ${userId}`
  const [Icon, colour, words] =
    userId == null
      ? ([CircleDashed, 'text-faint', 'Not linked'] as const)
      : refusedAt != null
        ? ([CircleAlert, 'text-warn', `Chatwoot no longer accepts the token of ${who}. Until you link again, your messages carry the account’s name.`] as const)
        : ([CircleCheck, 'text-good', `Linked as ${who}`] as const)
  const since = userId == null ? null : (refusedAt ?? linkedAt)
  return (
    <p aria-live="polite" title={since == null ? undefined : `Since ${exactly(since)}`} className="flex items-start gap-1.5 text-sm text-soft">
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${colour}`} />
      {words}
    </p>
  )
}

interface LinkingProps {
  of: ChatwootLink
  name: string
  linked: (now: ChatwootLink) => Promise<void>
}

/** Whether the browser can mask a field that is not a password field. */
const hides = () => CSS.supports('-webkit-text-security', 'disc')

/** The token exists only in its field and in the request: neither state nor cache ever has it. */
function Linking({ of: { accountId, chatwootUrl }, name, linked }: LinkingProps) {
  const isMounted = useMounted()
  const form = useRef<HTMLFormElement>(null)
  const field = useRef<HTMLInputElement>(null)
  /** The token being sent. If another one is typed meanwhile, it is not cleared. */
  const sent = useRef('')
  const [blank, setBlank] = useState(true)
  const help = useId()
  const clear = () => {
    if (field.current?.value.trim() !== sent.current) return
    field.current.value = ''
    setBlank(true)
  }
  const add = useMutation({
    mutationFn: () => link(accountId, sent.current),
    onSuccess: (now) => {
      clear()
      return linked(now)
    },
    onError: (error) => {
      if (!isMounted()) toastFailure(`Not linked: ${name}`, accountId, refused(error) ?? error)
      // Keep the token if another try may succeed.
      if (Failure.from(error).passing) return
      clear()
      if (isFree(form.current)) field.current?.focus()
    },
    onSettled: () => {
      sent.current = ''
    },
  })
  return (
    <form
      ref={form}
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        if (blank || add.isPending) return
        sent.current = field.current?.value.trim() ?? ''
        add.mutate()
      }}
    >
      <label className="flex flex-col gap-1 text-sm font-medium">
        <span>
          Access token<span className="sr-only"> for {name}</span>
        </span>
        <input
          ref={field}
          // Browsers offer to save what is in a password field, so this one only looks like one.
          type={hides() ? 'text' : 'password'}
          readOnly={add.isPending}
          // Browsers remember texts unless this is "off", and fill saved passwords in despite it.
          autoComplete={hides() ? 'off' : 'new-password'}
          autoCapitalize="none"
          autoCorrect="off"
          data-1p-ignore
          data-bwignore
          data-lpignore="true"
          spellCheck={false}
          maxLength={500}
          aria-describedby={help}
          onChange={(event) => setBlank(event.target.value.trim() === '')}
          className="h-9 rounded-lg border border-field bg-surface px-3 text-base font-normal [-webkit-text-security:disc]"
        />
      </label>
      <p id={help} className="text-sm text-soft">
        You can find it in Chatwoot under Profile Settings, “Access Token”.{' '}
        <a href={chatwootUrl} target="_blank" rel="noreferrer" className="inline-flex items-center gap-1 text-accent underline underline-offset-2">
          Open Chatwoot
          <ExternalLink aria-hidden className="size-3" />
        </a>
      </p>
      <Refusal error={refused(add.error)} />
      <Button type="submit" look="primary" aria-label={`Link ${name}`} disabled={blank} busy={add.isPending} className="self-start">
        Link
      </Button>
    </form>
  )
}

/** Whether this form may take the focus, because nobody is typing elsewhere. */
function isFree(form: HTMLElement | null): boolean {
  const { activeElement: at, body } = document
  return at === null || at === body || at === form?.closest('[role=dialog]') || form?.contains(at) === true
}

/** The error of the token field, if the token is what is wrong. */
function refused(error: Error | null): Error | null {
  const fault = error instanceof Failure && error.errors.find(({ field }) => field === 'token')
  return fault ? new Error(fault.message) : error
}
