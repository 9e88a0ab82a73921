import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { MailCheck } from 'lucide-react'
import { useEffect, useState } from 'react'

import type { DeadLetter } from '#api/types.ts'
import { again } from '#live/again.ts'
import { deadLettersQuery } from '#live/operations.ts'
import { useOffline } from '#live/status.ts'
import { Button } from '#ui/Button.tsx'
import { Chip } from '#ui/Chip.tsx'
import { givesFocusOn } from '#ui/focus.ts'
import { LoadMore } from '#ui/LoadMore.tsx'
import { useRowFocus } from '#ui/rows.ts'
import { Sheet } from '#ui/Sheet.tsx'
import { Empty, Failed, Stale } from '#ui/State.tsx'
import { When } from '#ui/When.tsx'

import { Letter } from './Letter.tsx'
import type { OperationsView } from './view.ts'
import { inWords } from './words.ts'

/** How many pages in a row are looked through for a first letter before somebody is asked whether to go on. */
const FEW = 4
const STREAMS = ['INBOUND', 'OUTBOUND']

const NONE = { letters: [], pages: 0 }

const optionsOf = (values: readonly string[]) => values.map((value) => ({ value, label: inWords(value) }))

/** Events that could not be processed, and wait for a decision. */
export function DeadLetters({ view, acts }: { view: OperationsView; acts: boolean }) {
  const { reason, stream, letter } = view
  const navigate = useNavigate()
  const query = useInfiniteQuery(deadLettersQuery({ ...(reason && { reason }), ...(stream && { stream }) }))
  const { letters, pages } = query.data ?? NONE
  const go = (change: { [K in keyof OperationsView]?: string | undefined }) =>
    void navigate({ to: '/operations', search: { ...view, ...change } as OperationsView, replace: true })
  // A page may be empty without being the last.
  const { hasNextPage, isFetchingNextPage, isError, fetchNextPage } = query
  const offline = useOffline()
  const filter = `${reason ?? ''} ${stream ?? ''}`
  const [looked, setLooked] = useState({ filter, pages: FEW })
  const found = letters.length > 0
  // That nothing was found with another filter says nothing about this one.
  const loads = query.isPending || (query.isPlaceholderData && !found)
  const most = looked.filter === filter ? looked.pages : FEW
  const further = !loads && !found && hasNextPage && !isError && pages < most
  // Whoever asked for that keeps the button.
  const asked = most > FEW && (further || (!found && isFetchingNextPage))
  useEffect(() => {
    if (further && pages < most && !isFetchingNextPage && !offline) void fetchNextPage()
  }, [further, pages, most, isFetchingNextPage, offline, fetchNextPage])
  const reasons = [...new Set([...letters.map((one) => one.reason), ...(reason ? [reason] : [])])].sort()
  const rows = useRowFocus(letters.map((one) => one.id))

  return (
    <div role="group" aria-label="Letters" tabIndex={-1} className="outline-none">
      <div className="mb-4 flex flex-wrap gap-2">
        <Chip name="Reason" anything="Any reason" value={reason} options={optionsOf(reasons)} onChange={(next) => go({ reason: next, letter: undefined })} />
        <Chip name="Stream" anything="Any stream" value={stream} options={optionsOf(STREAMS)} onChange={(next) => go({ stream: next, letter: undefined })} />
      </div>
      {letters.length > 0 && !query.isFetchNextPageError && <Stale of={query} />}
      {loads || (!asked && (further || (!found && isFetchingNextPage))) ? (
        <div role="status" aria-label="Loading dead letters" className="flex flex-col gap-2">
          {[0, 1, 2, 3].map((index) => (
            <span key={index} className="skeleton h-14" />
          ))}
        </div>
      ) : isError && letters.length === 0 ? (
        <Failed what="Dead letters did not load" error={query.error} retry={() => void again(query)} />
      ) : !found && hasNextPage ? (
        <Empty
          icon={MailCheck}
          title="None among the newest"
          action={
            <Button ref={givesFocusOn} busy={asked} onClick={() => setLooked({ filter, pages: pages + FEW })}>
              Look further
            </Button>
          }
        >
          There may be older ones.
        </Empty>
      ) : letters.length === 0 ? (
        <Empty icon={MailCheck} title={reason ?? stream ? 'No dead letters match these filters' : 'No dead letters'}>
          Events that cannot be processed appear here with the reason. They hold up nothing else.
        </Empty>
      ) : (
        <ul
          {...rows}
          aria-label="Dead letters"
          className="divide-y divide-line/60 overflow-hidden rounded-2xl border border-line bg-surface outline-none"
        >
          {letters.map((one) => (
            <li key={one.id}>
              <button
                type="button"
                onClick={() => go({ letter: one.id })}
                className="flex w-full items-center gap-4 px-4 py-2.5 text-left -outline-offset-2 hover:bg-hover"
              >
                <Line letter={one} />
              </button>
            </li>
          ))}
        </ul>
      )}
      {letters.length > 0 && <LoadMore of={query} what="Older dead letters" name="Show older" className="mt-3 w-full" />}
      <Sheet title="Dead letter" open={letter !== undefined} onOpenChange={() => go({ letter: undefined })}>
        {letter !== undefined && <Letter id={letter} acts={acts} close={() => go({ letter: undefined })} />}
      </Sheet>
    </div>
  )
}

function Line({ letter }: { letter: DeadLetter }) {
  return (
    <>
      <span className="min-w-0 grow">
        <span className="block truncate font-medium">
          {inWords(letter.event ?? letter.subject)}
          <span className="ml-2 font-normal text-soft">{inWords(letter.reason)}</span>
        </span>
        <span className="block truncate text-sm text-soft">{letter.detail}</span>
      </span>
      <span className="hidden shrink-0 text-xs text-soft two:inline">
        {letter.stream} {letter.streamSequence}
      </span>
      <When at={letter.at} className="w-14 shrink-0 text-right text-xs text-faint" />
    </>
  )
}
