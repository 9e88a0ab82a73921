import { ArrowDownWideNarrow, ChevronDown, Search, X } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'


import type { Conversation, ConversationSort } from '#api/types.ts'
import { channelName } from '#ui/ChannelIcon.tsx'
import { classes } from '#ui/classes.ts'
import { Choice } from '#ui/Menu.tsx'
import { PRIORITIES, STATUSES, titled } from '#ui/words.ts'

import { changed, SORTS, type View } from './view.ts'

interface FiltersProps {
  view: View
  /** What is loaded: the values to choose from, as long as the API has no catalogue. */
  rows: Conversation[]
  onChange: (view: View) => void
}

interface Option {
  value: string
  label: string
}

function chipLook(set: boolean): string {
  return classes(
    'inline-flex h-7 max-w-48 shrink-0 items-center gap-1 rounded-full border px-2.5 text-xs font-medium transition-colors',
    set
      ? 'border-accent-line bg-accent-soft text-accent'
      : 'border-line text-soft hover:border-line-strong hover:text-ink',
  )
}

interface ChipProps {
  name: string
  value: string | undefined
  anything: string
  options: Option[]
  onChange: (value: string | undefined) => void
}

function Chip({ name, value, anything, options, onChange }: ChipProps) {
  const chosen = options.find((one) => one.value === value)?.label ?? value
  return (
    <Choice
      label={name}
      value={value}
      onChange={onChange}
      options={[{ value: undefined, label: anything }, ...options]}
      trigger={
        <button type="button" className={chipLook(value !== undefined)} aria-label={`${name}: ${chosen ?? anything}`}>
          <span className="truncate">{chosen ?? name}</span>
          <ChevronDown aria-hidden className="size-3 shrink-0 opacity-70" />
        </button>
      }
    />
  )
}

function distinct(rows: Conversation[], option: (row: Conversation) => Option | null): Option[] {
  const found = new Map<string, Option>()
  for (const row of rows) {
    const one = option(row)
    if (one) found.set(one.value, one)
  }
  return [...found.values()].sort((a, b) => a.label.localeCompare(b.label))
}

export function Filters({ view, rows, onChange }: FiltersProps) {
  const set = (change: Parameters<typeof changed>[1]) => onChange(changed(view, change))
  const toNumber = (value: string | undefined) => (value === undefined ? undefined : Number(value))
  const agents = distinct(rows, ({ assignee }) =>
    assignee ? { value: String(assignee.id), label: assignee.name ?? `Agent ${assignee.id}` } : null,
  )
  const teams = distinct(rows, ({ team }) =>
    team ? { value: String(team.id), label: team.name ?? `Team ${team.id}` } : null,
  )
  const inboxes = distinct(rows, ({ inboxId, channel }) =>
    inboxId == null ? null : { value: String(inboxId), label: `${channelName(channel)} (${inboxId})` },
  )
  const labels = [...new Set(rows.flatMap((row) => row.labels))].sort().map((label) => ({ value: label, label }))
  return (
    <div role="group" aria-label="Filters" className="flex flex-wrap gap-1.5 px-3 pb-2.5">
      <Chip
        name="Status"
        anything="Open"
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
        options={[{ value: 'none', label: 'Unassigned' }, { value: 'any', label: 'Assigned' }, ...agents]}
        onChange={(assigneeId) => set({ assigneeId })}
      />
      {(teams.length > 0 || view.teamId !== undefined) && (
        <Chip
          name="Team"
          anything="Any team"
          value={view.teamId?.toString()}
          options={teams}
          onChange={(teamId) => set({ teamId: toNumber(teamId) })}
        />
      )}
      {(labels.length > 0 || view.label !== undefined) && (
        <Chip name="Label" anything="Any label" value={view.label} options={labels} onChange={(label) => set({ label })} />
      )}
      {(inboxes.length > 1 || view.inboxId !== undefined) && (
        <Chip
          name="Channel"
          anything="Any channel"
          value={view.inboxId?.toString()}
          options={inboxes}
          onChange={(inboxId) => set({ inboxId: toNumber(inboxId) })}
        />
      )}
    </div>
  )
}

export function SortMenu({ view, onChange }: Omit<FiltersProps, 'rows'>) {
  const sort = view.sort ?? 'newest'
  return (
    <Choice<ConversationSort>
      label="Sort"
      value={sort}
      options={Object.entries(SORTS).map(([value, label]) => ({ value: value as ConversationSort, label }))}
      onChange={(next) => onChange(changed(view, { sort: next === 'newest' ? undefined : next }))}
      trigger={
        <button
          type="button"
          aria-label={`Sort: ${SORTS[sort]}`}
          className="inline-flex h-7 items-center gap-1 rounded-lg px-2 text-xs font-medium text-soft hover:bg-hover hover:text-ink"
        >
          <ArrowDownWideNarrow aria-hidden className="size-3.5" />
          {SORTS[sort]}
        </button>
      }
    />
  )
}

/** How long somebody stops before what they typed is searched for. */
const PAUSE = 250

export function SearchField({ view, onChange }: Omit<FiltersProps, 'rows'>) {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(view.search ?? '')
  const [known, setKnown] = useState(view.search)
  // The address changed by other means, such as the back button.
  if (known !== view.search) {
    setKnown(view.search)
    if ((view.search ?? '') !== text.trim()) setText(view.search ?? '')
  }
  useEffect(() => {
    const search = text.trim() === '' ? undefined : text.trim()
    if (search === view.search) return
    const timer = setTimeout(() => onChange(changed(view, { search })), PAUSE)
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
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.stopPropagation()
          setText('')
          field.current?.blur()
        }}
        className="h-8 w-full rounded-lg border border-transparent bg-sunken pr-8 pl-8.5 placeholder:text-faint hover:border-line focus:border-accent-line focus:bg-surface [&::-webkit-search-cancel-button]:hidden"
      />
      {text !== '' && (
        <button
          type="button"
          aria-label="Clear search"
          onClick={() => setText('')}
          className="absolute top-1 right-1 flex size-6 items-center justify-center rounded text-soft hover:text-ink"
        >
          <X aria-hidden className="size-3.5" />
        </button>
      )}
    </div>
  )
}
