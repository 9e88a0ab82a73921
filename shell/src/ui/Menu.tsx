import type { LucideIcon } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'

import { lazily } from './lazily.tsx'

const loadItems = () => import('./MenuItems.tsx')
const Items = lazily(loadItems)

/** The props of the button that opens a menu. */
export interface Trigger {
  'aria-haspopup': 'menu'
  'aria-expanded': boolean
  onClick: (event: React.MouseEvent) => void
  onFocus: () => void
  onKeyDown: (event: React.KeyboardEvent) => void
  onPointerDown: (event: React.PointerEvent) => void
  onPointerEnter: () => void
}

export interface Option<T extends string> {
  value: T | undefined
  label: ReactNode
}

export interface Action {
  name: string
  icon: LucideIcon
  disabled?: boolean
  /** A reason to use it, shown beside its name. */
  hint?: string | false
  run: () => void
}

/** What a menu contains: options of which one or several can be chosen, or actions. */
export type Entries =
  | { kind: 'choice'; value: string | undefined; options: readonly Option<string>[]; onChange: (value: string | undefined) => void }
  | { kind: 'choices'; values: readonly string[]; options: readonly Option<string>[]; onChange: (values: string[]) => void }
  | { kind: 'actions'; actions: readonly Action[] }

interface MenuProps {
  trigger: (menu: Trigger) => ReactNode
  label: string
}

interface ChoiceProps<T extends string> extends MenuProps {
  value: T | undefined
  options: readonly Option<T>[]
  onChange: (value: T | undefined) => void
}

/** A menu in which one option is chosen. */
export function Choice<T extends string>({ trigger, label, value, options, onChange }: ChoiceProps<T>) {
  const choose = (next: string | undefined) => onChange(options.find((one) => one.value === next)?.value)
  return <Menu trigger={trigger} label={label} entries={{ kind: 'choice', value, options, onChange: choose }} />
}

interface ChoicesProps extends MenuProps {
  values: readonly string[]
  options: readonly Option<string>[]
  onChange: (values: string[]) => void
}

/** A menu in which several options can be chosen; it stays open. */
export function Choices({ trigger, label, ...choices }: ChoicesProps) {
  return <Menu trigger={trigger} label={label} entries={{ kind: 'choices', ...choices }} />
}

/** A menu of actions. */
export function Actions({ trigger, label, actions }: MenuProps & { actions: readonly Action[] }) {
  return <Menu trigger={trigger} label={label} align="end" entries={{ kind: 'actions', actions }} />
}

interface AnyMenuProps extends MenuProps {
  align?: 'start' | 'end'
  side?: 'bottom' | 'right'
  /** Shown at the top. */
  title?: string
  /** Actions above the other entries. */
  actions?: readonly Action[]
  entries: Entries
}

/** The button is there at once; the menu's code is loaded when somebody is about to open it. */
export function Menu({ trigger, ...rest }: AnyMenuProps) {
  const [open, setOpen] = useState<'pointer' | 'key' | null>(null)
  const place = useRef<HTMLSpanElement>(null)
  const load = () => void loadItems().catch(() => undefined)
  const menu: Trigger = {
    'aria-haspopup': 'menu',
    'aria-expanded': open !== null,
    onPointerEnter: load,
    onFocus: load,
    onPointerDown: (event) => {
      if (event.button !== 0 || event.ctrlKey || open) return
      event.preventDefault()
      setOpen('pointer')
    },
    // Assistive technology may click without a pointer or a key.
    onClick: (event) => {
      if (event.detail === 0) setOpen('key')
    },
    onKeyDown: (event) => {
      if (!['Enter', ' ', 'ArrowDown'].includes(event.key)) return
      event.preventDefault()
      setOpen('key')
    },
  }
  return (
    <span ref={place} className="relative inline-flex max-w-full min-w-0">
      {trigger(menu)}
      {open && (
        <Items
          {...rest}
          byKey={open === 'key'}
          missing={() => setOpen(null)}
          close={() => {
            setOpen(null)
            place.current?.querySelector('button')?.focus()
          }}
        />
      )}
    </span>
  )
}
