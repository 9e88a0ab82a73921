import { useInfiniteQuery, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'

import { Failure } from '#api/failure.ts'
import type { Approval, Contact, Conversation } from '#api/types.ts'
import { again } from '#live/again.ts'
import { activityQuery, agentsQuery, approvalsQuery, contactQuery, conversationsQuery } from '#live/queries.ts'
import { ActivityLine } from '#ui/ActivityLine.tsx'
import { Avatar } from '#ui/Avatar.tsx'
import { channelName } from '#ui/ChannelIcon.tsx'
import { useNowThere } from '#ui/clock.ts'
import { Fact } from '#ui/Fact.tsx'
import { LoadMore } from '#ui/LoadMore.tsx'
import { ApprovalMark, Label, PriorityMark, StatusMark } from '#ui/Marks.tsx'
import { useRemembered } from '#ui/remembered.ts'
import { Failed } from '#ui/State.tsx'
import { exactly, lasting } from '#ui/time.ts'
import { When } from '#ui/When.tsx'
import { titled } from '#ui/words.ts'

import { Asking } from './Asking.tsx'
import { callTo, mailTo } from './reach.ts'

/** Everything around a conversation. */
export function Context({ conversation }: { conversation: Conversation }) {
  const { contact } = conversation
  const attributes = Object.entries(conversation.customAttributes)
  return (
    <div className="pb-6">
      <div className="flex items-center gap-3 px-4 pt-4 pb-3">
        <Avatar name={contact?.name ?? '?'} seed={contact?.id ?? conversation.id} channel={conversation.channel} />
        <div className="min-w-0">
          <p dir="auto" className="font-semibold wrap-anywhere">{contact?.name ?? 'Unknown contact'}</p>
          <p className="truncate text-sm text-soft">
            {channelName(conversation.channel)} · #{conversation.chatwootId}
          </p>
        </div>
      </div>
      <Section name="Details">
        <dl className="grid grid-cols-[6.5rem_1fr] gap-y-2.5 text-sm">
          <Fact name="Status">
            <Asking what="status" label="Status" about={conversation.id}>
              <StatusMark status={conversation.status} />
            </Asking>
          </Fact>
          {conversation.snoozedUntil && <Fact name="Snoozed until">{exactly(conversation.snoozedUntil)}</Fact>}
          <Fact name="Assignee">
            <Asking what="assignee" label="Assignee" about={conversation.id}>
              <Assignee conversation={conversation} />
            </Asking>
          </Fact>
          <Fact name="Team">
            <Asking what="team" label="Team" about={conversation.id}>
              {conversation.team ? (conversation.team.name ?? `Team ${conversation.team.id}`) : <None>None</None>}
            </Asking>
          </Fact>
          <Fact name="Priority">
            <Asking what="priority" label="Priority" about={conversation.id}>
              {conversation.priority ? <PriorityMark priority={conversation.priority} words /> : <None>None</None>}
            </Asking>
          </Fact>
          <Fact name="Labels">
            <Asking what="labels" label="Labels" about={conversation.id}>
              {conversation.labels.length === 0 ? (
                <None>None</None>
              ) : (
                <span className="flex flex-wrap gap-1">
                  {conversation.labels.map((label) => (
                    <Label key={label} name={label} whole />
                  ))}
                </span>
              )}
            </Asking>
          </Fact>
          {/* Always there, so that a message that comes or goes moves nothing below. */}
          <Fact name="Waiting for">
            {conversation.waitingSince ? <Lasting since={conversation.waitingSince} /> : <None>Nobody is waiting</None>}
          </Fact>
          <Fact name="First reply">
            {conversation.firstReplyAt ? exactly(conversation.firstReplyAt) : <None>Not yet</None>}
          </Fact>
          <Fact name="Started">{exactly(conversation.createdAt)}</Fact>
        </dl>
      </Section>
      {attributes.length > 0 && (
        <Section name="Attributes">
          <dl className="grid grid-cols-[6.5rem_1fr] gap-y-2.5 text-sm">
            {attributes.map(([name, value]) => (
              <Fact key={name} name={titled(name)}>
                <Value value={value} />
              </Fact>
            ))}
          </dl>
        </Section>
      )}
      {contact && (
        <>
          <Section name="Contact">
            <Person id={contact.id} />
          </Section>
          <Section name="Previous conversations">
            <Previous contactId={contact.id} conversationId={conversation.id} />
          </Section>
        </>
      )}
      <Section name="Approvals">
        <Approvals conversationId={conversation.id} />
      </Section>
      <Section name="Activity">
        <Timeline conversationId={conversation.id} />
      </Section>
    </div>
  )
}

/** The assignee's name, from the catalogue if Chatwoot has not sent it yet. */
function Assignee({ conversation: { assignee, accountId } }: { conversation: Conversation }) {
  const nameless = assignee?.type === 'user' && assignee.name == null
  const agents = useQuery({ ...agentsQuery(), enabled: nameless }).data
  if (!assignee) return <None>Nobody</None>
  const known = nameless ? agents?.find((one) => one.chatwootId === assignee.id && one.accountId === accountId) : undefined
  return assignee.name ?? known?.name ?? `${assignee.type === 'user' ? 'Agent' : 'Bot'} ${assignee.id}`
}

function Lasting({ since }: { since: string }) {
  return <time dateTime={since} title={exactly(since)}>{lasting(since, useNowThere())}</time>
}

/** The value of an attribute, which may be anything. */
function Value({ value }: { value: unknown }) {
  return <span dir="auto">{typeof value === 'string' ? value : JSON.stringify(value)}</span>
}

function None({ children }: { children: ReactNode }) {
  return <span className="text-faint">{children}</span>
}

function Section({ name, children }: { name: string; children: ReactNode }) {
  const [open, setOpen] = useRemembered(`axis.section.${name.toLowerCase()}`, true)
  return (
    <section className="border-t border-line">
      <h2>
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="flex h-10 w-full items-center justify-between px-4 text-sm font-semibold -outline-offset-2 hover:bg-hover"
        >
          {name}
          <ChevronRight aria-hidden className={open ? 'size-4 rotate-90 text-faint' : 'size-4 text-faint'} />
        </button>
      </h2>
      {open && <div className="px-4 pb-4">{children}</div>}
    </section>
  )
}

/**
 * Says why a section has nothing to show, with a button if trying again may help. A section that has loaded before
 * shows that.
 */
function NotHere({ of: { error, refetch } }: { of: Pick<UseQueryResult, 'error' | 'refetch'> }) {
  const { message, passing } = Failure.from(error)
  return (
    <p className="text-sm text-soft first-letter:uppercase">
      {message}{passing && '. '}
      {passing && (
        <button type="button" className="text-accent underline underline-offset-2" onClick={() => void refetch()}>
          Try again
        </button>
      )}
    </p>
  )
}

/**
 * Says below a section's content that it could not be loaded again. Politely, because such a failure mostly affects
 * several sections.
 */
function NotRenewed({ of, what }: { of: Pick<UseQueryResult, 'error' | 'refetch' | 'isRefetchError'>; what: string }) {
  if (!of.isRefetchError) return null
  return (
    <p role="status" className="mt-2 text-sm">
      <button type="button" className="text-bad underline" onClick={() => void again(of)}>
        {what} did not load. Try again
      </button>
    </p>
  )
}

/** How to reach the person who writes. */
function Person({ id }: { id: string }) {
  const query = useQuery(contactQuery(id))
  if (query.isPending) return <div className="skeleton h-8" role="status" aria-label="Loading the contact" />
  if (!query.data) return <NotHere of={query} />
  return (
    <>
      <Reach contact={query.data} />
      <NotRenewed of={query} what="Newer contact details" />
    </>
  )
}

function Reach({ contact }: { contact: Contact }) {
  const { email, phoneNumber, identifier, customAttributes, blocked } = contact
  const attributes = Object.entries(customAttributes)
  const call = phoneNumber ? callTo(phoneNumber) : null
  if (!email && !phoneNumber && !identifier && !blocked && attributes.length === 0) {
    return <p className="text-sm text-faint">Only the name is available</p>
  }
  return (
    <dl className="grid grid-cols-[6.5rem_1fr] gap-y-2.5 text-sm">
      {email && (
        <Fact name="E-mail">
          <a href={mailTo(email)} className="underline underline-offset-2">
            {email}
          </a>
        </Fact>
      )}
      {phoneNumber && (
        <Fact name="Phone">
          {call ? (
            <a href={call} className="underline underline-offset-2">
              {phoneNumber}
            </a>
          ) : (
            phoneNumber
          )}
        </Fact>
      )}
      {identifier && <Fact name="Identifier">{identifier}</Fact>}
      {blocked && <Fact name="Status">Blocked</Fact>}
      {attributes.map(([name, value]) => (
        <Fact key={name} name={titled(name)}>
          <Value value={value} />
        </Fact>
      ))}
    </dl>
  )
}

/** How many are shown here; the inbox has the others. */
const MOST_PREVIOUS = 5

function Previous({ contactId, conversationId }: { contactId: string; conversationId: string }) {
  const query = useInfiniteQuery(conversationsQuery({ contactId }))
  if (query.isPending) return <div className="skeleton h-8" role="status" aria-label="Loading previous conversations" />
  if (!query.data) return <NotHere of={query} />
  return (
    <>
      <Others of={query.data.filter(({ id }) => id !== conversationId)} />
      <NotRenewed of={query} what="Newer conversations" />
    </>
  )
}

function Others({ of: others }: { of: readonly Conversation[] }) {
  if (others.length === 0) return <p className="text-sm text-faint">No previous conversations</p>
  return (
    <ul className="flex flex-col gap-2 text-sm">
      {others.slice(0, MOST_PREVIOUS).map(({ id, chatwootId, status, lastMessage, lastActivityAt }) => (
        <li key={id}>
          <Link
            to="/inbox/$id"
            params={{ id }}
            search={{ status: 'any' }}
            className="-mx-1.5 flex min-h-6 items-center gap-2 rounded-md px-1.5 py-0.5 hover:bg-hover"
          >
            <span title={titled(status)}>
              <StatusMark status={status} words={false} />
              <span className="sr-only">{titled(status)}: </span>
            </span>
            <span dir="auto" className="min-w-0 grow truncate">{(lastMessage?.content ?? '') || `Conversation ${chatwootId}`}</span>
            <When at={lastActivityAt} className="shrink-0 text-xs text-faint" />
          </Link>
        </li>
      ))}
      {others.length > MOST_PREVIOUS && <li className="text-faint">and {others.length - MOST_PREVIOUS} more</li>}
    </ul>
  )
}

function Approvals({ conversationId }: { conversationId: string }) {
  const query = useQuery(approvalsQuery({ conversationId }))
  if (query.isPending) return <div className="skeleton h-8" role="status" aria-label="Loading approvals" />
  if (!query.data) return <NotHere of={query} />
  return (
    <>
      <Requests of={query.data} />
      <NotRenewed of={query} what="Newer requests" />
    </>
  )
}

function Requests({ of: approvals }: { of: readonly Approval[] }) {
  if (approvals.length === 0) return <p className="min-h-6 py-0.5 text-sm text-faint">No requests</p>
  return (
    <ul className="flex flex-col gap-2 text-sm">
      {approvals.map(({ id, type, reason, status }) => (
        <li key={id}>
          <Link to="/approvals/$id" params={{ id }} className="-mx-1.5 flex min-h-6 items-center gap-2 rounded-md px-1.5 py-0.5 hover:bg-hover">
            <span className="min-w-0 grow truncate">
              {titled(type)}: <span className="text-soft">{reason}</span>
            </span>
            <ApprovalMark status={status} />
          </Link>
        </li>
      ))}
    </ul>
  )
}

function Timeline({ conversationId }: { conversationId: string }) {
  const query = useInfiniteQuery(activityQuery({ conversationId }))
  if (query.isPending) return <div className="skeleton h-24" role="status" aria-label="Loading activity" />
  if (query.isError && !query.data) {
    return <Failed what="Activity did not load" error={query.error} retry={() => void again(query)} />
  }
  return (
    <>
      {query.data.length === 0 ? (
        <p className="text-sm text-faint">Nothing has happened yet</p>
      ) : (
        <ol aria-label="Timeline" className="flex flex-col gap-2.5 text-sm">
          {query.data.map((activity) => (
            <li key={activity.id}>
              <ActivityLine activity={activity} beside />
            </li>
          ))}
        </ol>
      )}
      <LoadMore of={query} what="Earlier activity" name="Show earlier" className="mt-3 w-full" />
      <NotRenewed of={query} what="Newer activity" />
    </>
  )
}
