
import { Check, type LucideIcon } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'

interface MenuProps {
  trigger: ReactNode
  label: string
}

interface ChoiceProps<T extends string> extends MenuProps {
  value: T | undefined
  options: { value: T | undefined; label: ReactNode }[]
  onChange: (value: T | undefined) => void
}

/** A menu in which one thing is chosen. */
export function Choice<T extends string>({ trigger, label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <Menu trigger={trigger} label={label}>
      <DropdownMenu.RadioGroup
        value={value ?? ''}
        onValueChange={(next) => onChange(options.find((one) => (one.value ?? '') === next)?.value)}
      >
        {options.map((one) => (
          <DropdownMenu.RadioItem key={one.value ?? ''} value={one.value ?? ''} className={ITEM}>
            <Tick />
            {one.label}
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
    </Menu>
  )
}

interface ChoicesProps extends MenuProps {
  values: readonly string[]
  options: readonly { value: string; label: ReactNode }[]
  onChange: (values: string[]) => void
}

/** A menu in which several things can be chosen; it stays open meanwhile. */
export function Choices({ trigger, label, values, options, onChange }: ChoicesProps) {
  return (
    <Menu trigger={trigger} label={label}>
      {options.map((one) => (
        <DropdownMenu.CheckboxItem
          key={one.value}
          checked={values.includes(one.value)}
          onSelect={(event) => event.preventDefault()}
          onCheckedChange={(on) => onChange(on ? [...values, one.value] : values.filter((value) => value !== one.value))}
          className={ITEM}
        >
          <Tick />
          {one.label}
        </DropdownMenu.CheckboxItem>
      ))}
    </Menu>
  )
}

interface ActionsProps extends MenuProps {
  actions: readonly { name: string; icon: LucideIcon; disabled?: boolean; run: () => void }[]
}

/** A menu of things to do. */
export function Actions({ trigger, label, actions }: ActionsProps) {
  return (
    <Menu trigger={trigger} label={label} align="end">
      {actions.map(({ name, icon: Icon, disabled = false, run }) => (
        <DropdownMenu.Item key={name} disabled={disabled} onSelect={run} className={ITEM}>
          <Icon aria-hidden className="size-4 text-soft" />
          {name}
        </DropdownMenu.Item>
      ))}
    </Menu>
  )
}

const ITEM = 'flex cursor-default items-center gap-2 rounded-lg py-1.5 pr-3 pl-2 outline-none data-disabled:opacity-50 data-highlighted:bg-hover'

function Menu({ trigger, label, align = 'start', children }: MenuProps & { align?: 'start' | 'end'; children: ReactNode }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          aria-label={label}
          className="rise z-50 max-h-80 min-w-44 overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-raised"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

/** Marks what is chosen. */
function Tick() {
  return (
    <span className="flex size-4 items-center">
      <DropdownMenu.ItemIndicator>
        <Check aria-hidden className="size-4 text-accent" />
      </DropdownMenu.ItemIndicator>
    </span>
  )
}
