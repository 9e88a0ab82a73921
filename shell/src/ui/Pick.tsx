import { Check, CornerDownLeft, type LucideIcon, Minus } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'

import { classes } from './classes.ts'
import { composes } from './composing.ts'
import { Keys } from './Keys.tsx'

export interface Option {
  readonly id: string
  readonly name: string
  /** Shown beside the name, and searched too. */
  readonly detail?: string | undefined
  readonly icon?: LucideIcon | undefined
  /** Shown instead of an icon. */
  readonly mark?: ReactNode
  readonly keys?: string | undefined
  /** Already chosen; 'some' if that is so for some of several conversations. */
  readonly checked?: boolean | 'some' | undefined
  /** Always shown: it was found by a search for the text. */
  readonly found?: boolean | undefined
  readonly run: () => void
}

interface PickProps {
  /** The label of the field. */
  label: string
  placeholder: string
  /** The label of the list. */
  list: string
  options: readonly Option[]
  onText?: (text: string) => void
  /** Shown below the list. */
  note?: string | undefined
  /** Shown if nothing matches. */
  nothing: string
}

/** A field that filters a list. The field keeps the focus, and Enter takes the highlighted option. */
export function Pick({ label, placeholder, list, options, onText, note, nothing }: PickProps) {
  const id = useId()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const words = text.trim().toLowerCase()
  const shown = options.filter(
    (one) => one.found === true || `${one.name} ${one.detail ?? ''}`.toLowerCase().includes(words),
  )
  const chosen = Math.min(at, shown.length - 1)
  const checks = options.some((one) => one.checked !== undefined)

  return (
    <>
      <input
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
        aria-label={label}
        aria-describedby={note && `${id}-note`}
        placeholder={placeholder}
        value={text}
        autoComplete="off"
        dir="auto"
        onChange={(event) => {
          setText(event.target.value)
          setAt(0)
          onText?.(event.target.value)
        }}
        onKeyDown={(event) => {
          if (composes(event.nativeEvent)) return
          if (event.key === 'ArrowDown') setAt((chosen + 1) % Math.max(1, shown.length))
          else if (event.key === 'ArrowUp') setAt((chosen - 1 + shown.length) % Math.max(1, shown.length))
          else if (event.key === 'Enter') shown[chosen]?.run()
          else return
          event.preventDefault()
        }}
        className="h-12 w-full shrink-0 border-b border-line bg-transparent px-4 text-lg outline-none placeholder:text-faint"
      />
      <div id={id} role="listbox" aria-label={list} className="max-h-96 min-h-0 overflow-y-auto p-1.5">
        {shown.map((one, index) => {
          const { icon: Icon } = one
          return (
            // The keys are handled by the field, which keeps the focus.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <div
              key={one.id}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              aria-checked={one.checked === 'some' ? 'mixed' : one.checked}
              onPointerMove={() => setAt(index)}
              onMouseDown={(event) => event.preventDefault()}
              onClick={one.run}
              ref={(element) => {
                if (index === chosen) element?.scrollIntoView({ block: 'nearest' })
              }}
              className={classes('flex h-10 cursor-default items-center gap-3 rounded-lg px-2.5', index === chosen && 'bg-accent-soft')}
            >
              {Icon ? <Icon aria-hidden className="mx-1 size-4 shrink-0 text-soft" /> : one.mark}
              <span className="max-w-3/4 shrink-0 truncate font-medium">{one.name}</span>
              <span className="min-w-0 grow truncate text-sm text-soft">{one.detail}</span>
              {checks && (
                <span className="flex size-4 shrink-0 items-center text-accent">
                  {one.checked === true && <Check aria-hidden className="size-4" />}
                  {one.checked === 'some' && <Minus aria-hidden className="size-4" />}
                </span>
              )}
              {index === chosen ? (
                <CornerDownLeft aria-hidden className="size-3.5 shrink-0 text-soft" />
              ) : (
                one.keys && (
                  <span className="text-faint">
                    <Keys keys={one.keys} />
                  </span>
                )
              )}
            </div>
          )
        })}
        {shown.length === 0 && <p className="px-3 py-6 text-center text-sm text-soft">{nothing}</p>}
      </div>
      {note && (
        <p id={`${id}-note`} className="border-t border-line px-4 py-2.5 text-sm text-soft">
          {note}
        </p>
      )}
    </>
  )
}
