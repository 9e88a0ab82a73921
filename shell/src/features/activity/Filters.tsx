import { X } from 'lucide-react'
import { useRef } from 'react'

import type { Activity } from '#api/types.ts'
import { Chip, ChipButton, chipLook } from '#ui/Chip.tsx'
import { Choices } from '#ui/Menu.tsx'

import { KINDS, kindsOf, type TimelineView, typesOf } from './view.ts'
import { everybody, valueOf } from './who.ts'

const SOURCES = [
  { value: 'chatwoot', label: 'Chatwoot' },
  { value: 'axis', label: 'This workspace' },
]

/** A change of the view. */
export type Change = { [K in keyof TimelineView]?: string | undefined }

interface FiltersProps {
  view: TimelineView
  /** The loaded lines, whose actors can be chosen. */
  rows: readonly Activity[]
  onChange: (change: Change) => void
}

export function Filters({ view, rows, onChange }: FiltersProps) {
  const { kinds, others } = kindsOf(view.type)
  const count = kinds.length + others.length
  const actors = everybody(rows, view)
  const { accountId: _, ...filters } = view
  const header = useRef<HTMLElement>(null)
  /** For a button that disappears together with its filter: the first filter gets the focus. */
  const lift = (change: Change) => {
    header.current?.querySelector('button')?.focus()
    onChange(change)
  }
  return (
    <header ref={header} className="flex min-h-13 shrink-0 flex-wrap items-center gap-2 border-b border-line px-5 py-2">
      <h1 className="mr-3 text-lg font-semibold">Activity</h1>
      <Choices
        label="Type"
        values={kinds}
        options={KINDS.map(({ name }) => ({ value: name, label: name }))}
        onChange={(chosen) => onChange({ type: typesOf(chosen, others) })}
        trigger={(menu) => (
          <ChipButton
            {...menu}
            name="Type"
            chosen={count === 1 ? (kinds[0] ?? others[0]) : count > 1 ? `${count} types` : undefined}
            anything="any"
          />
        )}
      />
      <Chip name="Source" anything="Any source" value={view.source} options={SOURCES} onChange={(source) => onChange({ source })} />
      <Chip
        name="Who"
        anything="Anybody"
        value={valueOf(view)}
        options={actors}
        onChange={(value) => {
          const { actor, accountId } = actors.find((one) => one.value === value) ?? {}
          onChange({ actor, accountId })
        }}
      />
      {view.conversationId && (
        <button
          type="button"
          aria-label="One conversation: show all"
          className={chipLook(true)}
          onClick={() => lift({ conversationId: undefined })}
        >
          One conversation
          <X aria-hidden className="size-3" />
        </button>
      )}
      {Object.keys(filters).length > 1 && (
        <button
          type="button"
          className="text-xs text-soft underline underline-offset-2 hover:text-ink"
          onClick={() => lift({ type: undefined, source: undefined, actor: undefined, accountId: undefined, conversationId: undefined })}
        >
          Show everything
        </button>
      )}
    </header>
  )
}
