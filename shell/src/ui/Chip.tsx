import { ChevronDown } from 'lucide-react'
import type { ComponentProps } from 'react'

import { classes } from './classes.ts'
import { Choice } from './Menu.tsx'

export interface ChipOption {
  value: string
  label: string
}

export function chipLook(set: boolean): string {
  return classes(
    'inline-flex h-7 max-w-48 shrink-0 items-center gap-1 rounded-full border px-2.5 text-xs font-medium transition-colors',
    set
      ? 'border-accent-line bg-accent-soft text-accent'
      : 'border-line text-soft hover:border-line-strong hover:text-ink',
  )
}

interface ChipButtonProps extends ComponentProps<'button'> {
  name: string
  /** The current value in words; undefined while the filter restricts nothing. */
  chosen: string | undefined
  /** What screen readers say in that case. */
  anything: string
  /** What is shown in that case, if not the name. */
  blank?: string | undefined
}

/** The button that opens the menu of a filter. */
export function ChipButton({ name, chosen, anything, blank = name, ...rest }: ChipButtonProps) {
  return (
    <button type="button" aria-label={`${name}: ${chosen ?? anything}`} className={chipLook(chosen !== undefined)} {...rest}>
      <span className="truncate">{chosen ?? blank}</span>
      <ChevronDown aria-hidden className="size-3 shrink-0 opacity-70" />
    </button>
  )
}

interface ChipProps {
  name: string
  value: string | undefined
  anything: string
  /** What the button shows while it has no value, if not its name: a list that is not of everything says of what. */
  blank?: string
  options: readonly ChipOption[]
  onChange: (value: string | undefined) => void
}

/** A filter with a single value: its current value, and a menu to change it. */
export function Chip({ name, value, anything, blank, options, onChange }: ChipProps) {
  const chosen = options.find((one) => one.value === value)?.label ?? value
  return (
    <Choice
      label={name}
      value={value}
      onChange={onChange}
      options={[{ value: undefined, label: anything }, ...options]}
      trigger={(menu) => <ChipButton {...menu} name={name} chosen={chosen} anything={anything} blank={blank} />}
    />
  )
}
