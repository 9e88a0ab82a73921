
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowLeft, SearchX } from 'lucide-react'

import { Failure } from '#api/failure.ts'
import { approvalQuery } from '#live/queries.ts'
import { Fact } from '#ui/Fact.tsx'
import { Empty, Failed } from '#ui/State.tsx'
import { exactly } from '#ui/time.ts'
import { titled } from '#ui/words.ts'

import { ApprovalMark } from './Approvals.tsx'
import { Deciding } from './Deciding.tsx'

/** One request, as it was submitted. */
export function Approval({ id }: { id: string }) {
  const query = useQuery(approvalQuery(id))
  if (query.isPending) return <div className="skeleton m-5 h-40" role="status" aria-label="Loading approval" />
  if (!query.data) {
    if (query.error instanceof Failure && query.error.status === 404) {
      return <Empty icon={SearchX} title="There is no such approval" />
    }
    return <Failed what="The approval did not load" error={query.error} retry={() => void query.refetch()} />
  }
  const approval = query.data
  return (
    <div className="h-full overflow-y-auto bg-surface">
      <header className="flex h-13 items-center gap-3 border-b border-line px-5">
        <Link to="/approvals" className="inline-flex items-center gap-1.5 text-sm text-soft hover:text-ink">
          <ArrowLeft aria-hidden className="size-4" />
          Approvals
        </Link>
        <h1 className="grow truncate font-semibold">{titled(approval.type)}</h1>
        <ApprovalMark status={approval.status} />
      </header>
      <div className="mx-auto max-w-3xl px-6 pt-6">
        <Deciding approval={approval} />
      </div>
      <dl className="mx-auto grid max-w-3xl grid-cols-[8rem_1fr] gap-y-4 p-6">
        <Fact name="Reason">{approval.reason}</Fact>
        <Fact name="Asked by">{approval.requestedBy}</Fact>
        <Fact name="Asked">{exactly(approval.createdAt)}</Fact>
        {approval.decidedAt && <Fact name="Decided">{exactly(approval.decidedAt)}</Fact>}
        {approval.decidedBy && <Fact name="Decided by">{approval.decidedBy}</Fact>}
        {approval.decision && <Fact name="Decision">{approval.decision}</Fact>}
        <Fact name="Conversation">
          <Link
            to="/inbox/$id"
            params={{ id: approval.conversationId }}
            search={{ status: 'any' }}
            className="text-accent underline underline-offset-2"
          >
            Open the conversation
          </Link>
        </Fact>
        {approval.type === 'proposed_reply' && typeof approval.metadata.content === 'string' && (
          <Fact name="Reply">
            <p className="rounded-2xl border border-dashed border-accent-line bg-accent-soft px-3.5 py-2 whitespace-pre-wrap" dir="auto">
              {approval.metadata.content}
            </p>
          </Fact>
        )}
        <Fact name="Request">
          <pre className="overflow-x-auto rounded-lg bg-sunken p-3 text-sm">{JSON.stringify(approval.metadata, null, 2)}</pre>
        </Fact>
      </dl>
    </div>
  )
}
