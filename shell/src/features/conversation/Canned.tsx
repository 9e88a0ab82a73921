import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type RefObject, useId, useState } from 'react'

import type { CannedResponse, Conversation } from '#api/types.ts'
import { cannedResponsesQuery } from '#live/queries.ts'
import { classes } from '#ui/classes.ts'
import { Keys } from '#ui/Keys.tsx'

import { meant } from './fuzzy.ts'
import { fill, type Values } from './variables.ts'

/** Nobody reads more than this; another letter narrows them down. */
const MOST = 50
/**
 * A slash at the start of a word (or a full-width one, from East Asian input methods), and what follows up to the
 * cursor.
 */
const ASKED = /(?:^|\s)[/\uff0f](\S{0,40})$/

interface Asking {
  /** The position of the slash. */
  readonly from: number
  readonly wanted: string
}

export function askedFor(text: string, caret: number): Asking | null {
  const found = ASKED.exec(text.slice(0, caret))
  if (!found) return null
  const wanted = found[1] ?? ''
  // Short codes have half-width letters, but the typed ones may be full-width.
  return { from: caret - wanted.length - 1, wanted: wanted.normalize('NFKC') }
}

export interface Canned {
  readonly id: string
  readonly shown: readonly CannedResponse[]
  /** Why the responses did not load. */
  readonly missing: string | null
  readonly chosen: number
  readonly choose: (index: number) => void
  /** The part of the text that a response replaces. */
  readonly place: { readonly from: number; readonly to: number } | null
  /** Handles a key. Returns whether it was for the list. */
  readonly pressed: (event: KeyboardEvent, take: (response: CannedResponse) => void) => boolean
  /** Reports the position of the cursor; null if the field has lost the focus. */
  readonly moved: (caret: number | null) => void
}

interface Options {
  conversation: Conversation
  field: RefObject<HTMLTextAreaElement | null>
  text: string
}

/** Canned responses, offered while `/…` is being typed. */
export function useCanned({ conversation, field, text }: Options): Canned {
  const id = useId()
  const [caret, setCaret] = useState<number | null>(null)
  const [at, setAt] = useState(0)
  /** The position of a slash for which the list was closed. */
  const [left, setLeft] = useState<number | null>(null)
  const asking = caret === null ? null : askedFor(text, caret)
  const open = asking !== null && asking.from !== left
  const { data: responses, error } = useQuery({ ...cannedResponsesQuery(), enabled: open })
  const own = open ? (responses ?? []).filter((one) => one.accountId === conversation.accountId) : []
  const shown = open ? meant(own, asking.wanted).slice(0, MOST) : []
  const chosen = Math.min(at, shown.length - 1)

  return {
    id,
    shown,
    missing: open && responses === undefined ? (error?.message ?? null) : null,
    chosen,
    choose: setAt,
    place: asking && caret !== null ? { from: asking.from, to: caret } : null,
    moved: (next) => {
      setCaret(next)
      const now = next === null ? null : askedFor(field.current?.value ?? '', next)
      if (!now) setLeft(null)
      // Other letters find other responses, the best one first.
      if (now?.wanted !== asking?.wanted) setAt(0)
    },
    pressed: (event, take) => {
      const now = shown[chosen]
      if (!now || !asking) return false
      if (event.key === 'ArrowDown') setAt((chosen + 1) % shown.length)
      else if (event.key === 'ArrowUp') setAt((chosen - 1 + shown.length) % shown.length)
      else if (event.key === 'Escape') setLeft(asking.from)
      else if ((event.key === 'Tab' && !event.shiftKey) || (event.key === 'Enter' && !event.ctrlKey && !event.metaKey)) take(now)
      else return false
      event.preventDefault()
      event.stopPropagation()
      return true
    },
  }
}

interface CannedListProps {
  canned: Canned
  values: Values
  take: (response: CannedResponse) => void
}

/** The list, above the field, with a preview of the highlighted response. */
export function CannedList({ canned, values, take }: CannedListProps) {
  const { id, shown, chosen, choose } = canned
  const marked = shown[chosen]
  if (!marked) return null
  return (
    <div className="rise absolute inset-x-0 bottom-full z-20 mb-2 flex max-h-[min(18rem,30dvh)] overflow-hidden rounded-xl border border-line bg-raised shadow-raised">
      <div id={id} role="listbox" aria-label="Canned responses" className="w-full overflow-y-auto p-1 two:w-2/5">
        {shown.map((one, index) => (
          // The keys are handled by the field, which keeps the focus.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={one.chatwootId}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onPointerMove={() => choose(index)}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(one)}
            ref={(element) => {
              if (index === chosen) element?.scrollIntoView({ block: 'nearest' })
            }}
            className={classes('cursor-default rounded-lg px-2.5 py-1.5', index === chosen && 'bg-accent-soft outline-2 -outline-offset-2 outline-accent')}
          >
            <p className="truncate font-medium">/{one.shortCode}</p>
            <p className="truncate text-sm text-soft">{fill(one.content, values)}</p>
          </div>
        ))}
      </div>
      <div className="hidden min-w-0 grow flex-col border-l border-line two:flex">
        <p aria-label="Preview" role="note" dir="auto" className="min-h-0 grow overflow-y-auto p-3 text-sm whitespace-pre-wrap wrap-anywhere">
          {fill(marked.content, values)}
        </p>
        <p className="flex items-center gap-2 border-t border-line px-3 py-1.5 text-xs text-soft">
          <Keys keys="Enter" /> insert <Keys keys="Esc" /> close
        </p>
      </div>
    </div>
  )
}
