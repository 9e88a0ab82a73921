import { Check } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useEffect, useRef } from 'react'

import type { Action, Entries } from './Menu.tsx'

interface ItemsProps {
  label: string
  align?: 'start' | 'end'
  side?: 'bottom' | 'right'
  title?: string
  actions?: readonly Action[]
  entries: Entries
  /** Opened by key, so the first item gets the focus. */
  byKey: boolean
  close: () => void
}

/** An open menu, beside the button that opened it. */
export default function MenuItems({ label, align = 'start', side = 'bottom', title, actions = [], entries, byKey, close }: ItemsProps) {
  const content = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!byKey) return
    const frame = requestAnimationFrame(() => content.current?.querySelector<HTMLElement>('[role^=menuitem]')?.focus())
    return () => cancelAnimationFrame(frame)
  }, [byKey])
  return (
    <DropdownMenu.Root modal={false} open onOpenChange={(open) => !open && close()}>
      <DropdownMenu.Trigger asChild>
        <span aria-hidden tabIndex={-1} className="pointer-events-none absolute inset-0" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          ref={content}
          side={side}
          align={align}
          sideOffset={6}
          collisionPadding={8}
          aria-label={label}
          aria-labelledby={undefined}
          className="rise z-50 max-h-[min(24rem,var(--radix-dropdown-menu-content-available-height))] min-w-44 overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-raised"
        >
          {title !== undefined && (
            <DropdownMenu.Label className="max-w-64 truncate px-2 py-1.5 text-sm text-soft">{title}</DropdownMenu.Label>
          )}
          {actions.length > 0 && (
            <>
              <Listed entries={{ kind: 'actions', actions }} close={close} />
              <DropdownMenu.Separator className="mx-2 my-1 h-px bg-line" />
            </>
          )}
          <Listed entries={entries} close={close} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

/** The highlight alone is hard to see, so keyboard focus also shows the usual outline, inside the item. */
const ITEM = 'flex cursor-default items-center gap-2 rounded-lg py-1.5 pr-3 pl-2 -outline-offset-2 data-disabled:opacity-50 data-highlighted:bg-hover'

function Listed({ entries, close }: Pick<ItemsProps, 'entries' | 'close'>) {
  switch (entries.kind) {
    case 'choice':
      return (
        <DropdownMenu.RadioGroup
          value={entries.value ?? ''}
          onValueChange={(next) => entries.onChange(next === '' ? undefined : next)}
        >
          {entries.options.map((one) => (
            <DropdownMenu.RadioItem key={one.value ?? ''} value={one.value ?? ''} className={ITEM}>
              <Tick />
              {one.label}
            </DropdownMenu.RadioItem>
          ))}
        </DropdownMenu.RadioGroup>
      )
    case 'choices': {
      const { values, onChange } = entries
      return entries.options.map(({ value = '', label }) => (
        <DropdownMenu.CheckboxItem
          key={value}
          checked={values.includes(value)}
          onSelect={(event) => event.preventDefault()}
          onCheckedChange={(on) => onChange(on ? [...values, value] : values.filter((one) => one !== value))}
          className={ITEM}
        >
          <Tick />
          {label}
        </DropdownMenu.CheckboxItem>
      ))
    }
    case 'actions':
      return entries.actions.map(({ name, icon: Icon, disabled = false, hint = false, run }) => (
        <DropdownMenu.Item
          key={name}
          disabled={disabled}
          onSelect={(event) => {
            // The button gets the focus back first: what runs may take it, and returns it there.
            event.preventDefault()
            close()
            run()
          }}
          className={ITEM}
        >
          <Icon aria-hidden className="size-4 text-soft" />
          {name}
          {hint !== false && <span className="ml-auto pl-3 text-xs text-warn">{hint}</span>}
        </DropdownMenu.Item>
      ))
  }
}

/** Marks chosen options. */
function Tick() {
  return (
    <span className="flex size-4 items-center">
      <DropdownMenu.ItemIndicator>
        <Check aria-hidden className="size-4 text-accent" />
      </DropdownMenu.ItemIndicator>
    </span>
  )
}
