import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowLeft, SearchX } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'

import { Failure } from '#api/failure.ts'
import type { Approval as Shown } from '#api/types.ts'
import { again } from '#live/again.ts'
import { approvalQuery } from '#live/queries.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { channelName } from '#ui/ChannelIcon.tsx'
import { classes } from '#ui/classes.ts'
import { Fact } from '#ui/Fact.tsx'
import { ApprovalMark } from '#ui/Marks.tsx'
import { Empty, Failed, Stale } from '#ui/State.tsx'
import { exactly } from '#ui/time.ts'
import { dismiss } from '#ui/toasts.ts'
import { Whom } from '#ui/Whom.tsx'
import { titled } from '#ui/words.ts'

import { Deciding } from './Deciding.tsx'
import { History } from './History.tsx'
import { isProposal, proposedText } from './proposal.ts'
import { readApprovalsView } from './view.ts'

interface ApprovalProps {
  id: string
  /** Renders the conversation that the request is about. */
  thread: (conversationId: string) => ReactNode
}

/** One request, as it was submitted, beside its conversation as it is now. */
export function Approval({ id, thread }: ApprovalProps) {
  const query = useQuery(approvalQuery(id))
  // The request is open, so a toast about it is not needed.
  useEffect(() => dismiss(`approval ${id}`), [id])
  if (query.isPending) return <div className="skeleton m-5 h-40" role="status" aria-label="Loading approval" />
  if (!query.data) {
    if (query.error instanceof Failure && query.error.status === 404) {
      return (
        <Empty
          icon={SearchX}
          title="This approval does not exist"
          action={
            <Link to="/approvals" search={readApprovalsView} className="text-accent hover:underline">
              Back to the approvals
            </Link>
          }
        >
          The address may be incomplete.
        </Empty>
      )
    }
    return <Failed what="The approval did not load" error={query.error} retry={() => void again(query)} />
  }
  const approval = query.data
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface">
      <header className="flex h-13 shrink-0 items-center gap-3 border-b border-line px-5">
        <Link to="/approvals" search={readApprovalsView} className="inline-flex items-center gap-1.5 text-sm text-soft hover:text-ink">
          <ArrowLeft aria-hidden className="size-4" />
          Approvals
        </Link>
        <h1 className="grow truncate font-semibold">{titled(approval.type)}</h1>
        <ApprovalMark status={approval.status} />
      </header>
      <div className="px-6 empty:hidden">
        <Stale of={query} />
      </div>
      {/* The decision comes first: at the top, or, where there is room, at the right. */}
      <div className="flex min-h-0 grow flex-col overflow-y-auto three:flex-row-reverse three:overflow-hidden">
        <section aria-label="Request" className="flex shrink-0 flex-col gap-6 p-6 three:w-[30rem] three:overflow-y-auto">
          <Asked approval={approval} />
          {/* The key resets it for another request: what was typed is for one request only. */}
          <Deciding key={approval.id} approval={approval} />
          <Request approval={approval} />
        </section>
        <div className="h-[70vh] shrink-0 border-t border-line bg-ground three:h-auto three:min-w-0 three:shrink three:grow three:border-t-0 three:border-r">
          {thread(approval.conversationId)}
        </div>
      </div>
    </div>
  )
}

/** For whom what is requested, and why: to be read before deciding. */
function Asked({ approval }: { approval: Shown }) {
  const { about } = approval
  return (
    <div className="flex flex-col gap-2">
      {about && (
        <p className="mb-1 flex items-center gap-3 font-medium">
          <Avatar name={about.contact?.name ?? '?'} seed={about.contact?.id ?? approval.conversationId} channel={about.channel} />
          <span className="min-w-0 wrap-anywhere">
            <Whom about={about} />
            <span className="sr-only">, {channelName(about.channel)}</span>
          </span>
        </p>
      )}
      <p className="text-sm text-soft">
        <bdi>{approval.requestedBy}</bdi>, {exactly(approval.createdAt)}
      </p>
      <p dir="auto" className="text-lg leading-snug font-medium whitespace-pre-wrap wrap-anywhere">
        {approval.reason}
      </p>
      {isProposal(approval) && (
        <div role="group" aria-label={approval.editedContent == null ? 'Reply' : 'Proposed'} className="mt-1">
          <Words text={proposedText(approval)} />
        </div>
      )}
    </div>
  )
}

/** Everything else, exactly as it was submitted, and what became of it. */
function Request({ approval }: { approval: Shown }) {
  const { metadata, snapshot, editedContent } = approval
  const rest = Object.entries(metadata).filter(([name]) => !(isProposal(approval) && name === 'content'))
  return (
    <dl className="grid grid-cols-[7rem_1fr] gap-y-4">
      {editedContent != null && (
        <Fact name="Sent instead">
          <Words text={editedContent} sent />
        </Fact>
      )}
      {rest.map(([name, value]) => (
        <Fact key={name} name={titled(name)}>
          <Value value={value} />
        </Fact>
      ))}
      {approval.decision && (
        <Fact name="Decision">
          <p dir="auto" className="whitespace-pre-wrap">
            {approval.decision}
          </p>
        </Fact>
      )}
      <Fact name="History">
        <History approval={approval} />
      </Fact>
      {Object.keys(snapshot).length > 0 && (
        <Fact name="At the time">
          <details>
            <summary className="cursor-pointer text-soft">The conversation when it was requested</summary>
            <dl className="mt-2 grid grid-cols-[7rem_1fr] gap-y-1.5 text-sm">
              {Object.entries(snapshot).map(([name, value]) => (
                <Fact key={name} name={titled(name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`))}>
                  <Value value={value} />
                </Fact>
              ))}
            </dl>
          </details>
        </Fact>
      )}
    </dl>
  )
}

function Words({ text, sent = false }: { text: string; sent?: boolean }) {
  return (
    <p
      dir="auto"
      className={classes(
        'rounded-2xl border border-accent-line bg-accent-soft px-3.5 py-2 whitespace-pre-wrap wrap-anywhere',
        !sent && 'border-dashed',
      )}
    >
      {text}
    </p>
  )
}

/** A submitted value, unchanged. */
function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined || value === '') return <span className="text-faint">None</span>
  if (typeof value === 'string') return <span dir="auto">{value}</span>
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) {
    return value.length === 0 ? <span className="text-faint">None</span> : value.join(', ')
  }
  // Focusable, so that it can be scrolled by keyboard.
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre tabIndex={0} className="overflow-x-auto rounded-lg bg-sunken p-2 text-sm">
      {JSON.stringify(value, null, 2)}
    </pre>
  )
}
