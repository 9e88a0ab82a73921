import { useQuery } from '@tanstack/react-query'
import { ArrowDownWideNarrow, Search, X } from 'lucide-react'
import { memo, useEffect, useId, useMemo, useRef, useState } from 'react'

import type { ConversationSort } from '#api/types.ts'
import { agentsQuery, inboxesQuery, labelsQuery, patiently, teamsQuery } from '#live/queries.ts'
import { channelName } from '#ui/ChannelIcon.tsx'
import { Chip, type ChipOption } from '#ui/Chip.tsx'
import { composes } from '#ui/composing.ts'
import { Choice } from '#ui/Menu.tsx'
import { PRIORITIES, STATUSES, titled } from '#ui/words.ts'

import { changed, SORTS, type View } from './view.ts'

interface FiltersProps {
  view: View
  onChange: (view: View) => void
}

/** One option per value: a number that means something else in each account gets all of its names. */
function distinct(options: readonly ChipOption[]): ChipOption[] {
  const found = new Map<string, Set<string>>()
  for (const { value, label } of options) found.set(value, (found.get(value) ?? new Set()).add(label))
  return [...found]
    .map(([value, labels]) => ({ value, label: [...labels].join(' / ') }))
    .sort((a, b) => a.label.localeCompare(b.label))
}

/** The options of the filters. */
export function useCatalogue() {
  const { data: agents } = useQuery({ ...agentsQuery(), ...patiently })
  const { data: teams } = useQuery({ ...teamsQuery(), ...patiently })
  const { data: labels } = useQuery({ ...labelsQuery(), ...patiently })
  const { data: inboxes } = useQuery({ ...inboxesQuery(), ...patiently })
  // The list is rendered with every event of its conversations; hundreds of options are not sorted for that.
  return useMemo(
    () => ({
      agents: [
        { value: 'me', label: 'Me' },
        { value: 'none', label: 'Nobody' },
        { value: 'any', label: 'Anybody' },
        ...distinct((agents ?? []).map(({ chatwootId, name }) => ({ value: String(chatwootId), label: name ?? `Agent ${chatwootId}` }))),
      ],
      teams: distinct((teams ?? []).map(({ chatwootId, name }) => ({ value: String(chatwootId), label: name ?? `Team ${chatwootId}` }))),
      labels: distinct((labels ?? []).map(({ title }) => ({ value: title, label: title }))),
      inboxes: distinct(
        (inboxes ?? []).map(({ chatwootId, name, channel }) => ({
          value: String(chatwootId),
          label: name ? `${name} (${channelName(channel)})` : channelName(channel),
        })),
      ),
    }),
    [agents, teams, labels, inboxes],
  )
}

export type Catalogue = ReturnType<typeof useCatalogue>

export const Filters = memo(function Filters({ view, onChange }: FiltersProps) {
  const set = (change: Parameters<typeof changed>[1]) => onChange(changed(view, change))
  const toNumber = (value: string | undefined) => (value === undefined ? undefined : Number(value))
  const { agents, teams, labels, inboxes } = useCatalogue()
  return (
    <div role="group" aria-label="Filters" className="flex flex-wrap gap-1.5 px-3 pb-2.5">
      <Chip
        name="Status"
        anything="Open"
        blank="Open"
        value={view.status === 'open' ? undefined : view.status}
        options={[
          ...STATUSES.filter((one) => one !== 'open').map((one) => ({ value: one, label: titled(one) })),
          { value: 'any', label: 'Any status' },
        ]}
        onChange={(status) => set({ status })}
      />
      <Chip
        name="Priority"
        anything="Any priority"
        value={view.priority}
        options={[...PRIORITIES.map((one) => ({ value: one, label: titled(one) })), { value: 'none', label: 'No priority' }]}
        onChange={(priority) => set({ priority })}
      />
      <Chip
        name="Assignee"
        anything="Anybody or nobody"
        value={view.assigneeId}
        options={agents}
        onChange={(assigneeId) => set({ assigneeId })}
      />
      <Chip
        name="Team"
        anything="Any team"
        value={view.teamId?.toString()}
        options={teams}
        onChange={(teamId) => set({ teamId: toNumber(teamId) })}
      />
      <Chip name="Label" anything="Any label" value={view.label} options={labels} onChange={(label) => set({ label })} />
      <Chip
        name="Channel"
        anything="Any channel"
        value={view.inboxId?.toString()}
        options={inboxes}
        onChange={(inboxId) => set({ inboxId: toNumber(inboxId) })}
      />
    </div>
  )
})

export const SortMenu = memo(function SortMenu({ view, onChange }: FiltersProps) {
  const sort = view.sort ?? 'newest'
  return (
    <Choice<ConversationSort>
      label="Sort"
      value={sort}
      options={Object.entries(SORTS).map(([value, label]) => ({ value: value as ConversationSort, label }))}
      onChange={(next) => onChange(changed(view, { sort: next === 'newest' ? undefined : next }))}
      trigger={(menu) => (
        <button
          type="button"
          {...menu}
          aria-label={`Sort: ${SORTS[sort]}`}
          className="inline-flex h-7 shrink-0 items-center gap-1 rounded-lg px-2 text-xs font-medium whitespace-nowrap text-soft hover:bg-hover hover:text-ink"
        >
          <ArrowDownWideNarrow aria-hidden className="size-3.5" />
          {SORTS[sort]}
        </button>
      )}
    />
  )
})

/** How long a pause in typing starts the search. Milliseconds. */
const PAUSE = 250

export const SearchField = memo(function SearchField({ view, onChange }: FiltersProps) {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(view.search ?? '')
  const [known, setKnown] = useState(view.search)
  /** The search that was last put into the address. It may arrive there after more was typed. */
  const [wanted, setWanted] = useState(view.search)
  if (known !== view.search) {
    setKnown(view.search)
    // The address changed for another reason, such as the back button.
    if (wanted !== view.search) {
      setWanted(view.search)
      if ((view.search ?? '') !== text.trim()) setText(view.search ?? '')
    }
  }
  useEffect(() => {
    const search = text.trim() === '' ? undefined : text.trim()
    if (search === view.search) return
    const timer = setTimeout(() => {
      setWanted(search)
      onChange(changed(view, { search }))
    }, PAUSE)
    return () => clearTimeout(timer)
  }, [text, view, onChange])
  return (
    <div className="relative mx-3 mb-2.5">
      <label htmlFor={id} className="sr-only">
        Search conversations
      </label>
      <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-faint" />
      <input
        ref={field}
        id={id}
        data-search
        type="search"
        maxLength={200}
        value={text}
        placeholder="Search"
        autoComplete="off"
        dir="auto"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || composes(event.nativeEvent)) return
          event.stopPropagation()
          setText('')
          field.current?.blur()
        }}
        className="h-8 w-full rounded-lg border border-field bg-sunken pr-8 pl-8.5 placeholder:text-faint focus:border-accent focus:bg-surface [&::-webkit-search-cancel-button]:hidden"
      />
      {text !== '' && (
        <button
          type="button"
          aria-label="Clear search"
          onClick={() => {
            setText('')
            // The button disappears with the text.
            field.current?.focus()
          }}
          className="absolute top-1 right-1 flex size-6 items-center justify-center rounded text-soft hover:text-ink"
        >
          <X aria-hidden className="size-3.5" />
        </button>
      )}
    </div>
  )
})
