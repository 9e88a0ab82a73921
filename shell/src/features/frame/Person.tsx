import { Check, LogOut } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'

import { choose, chosen, type Developer, DEVELOPERS } from '#auth/development.ts'
import { session } from '#auth/session.ts'
import { Avatar } from '#ui/Avatar.tsx'

const ITEM = 'flex cursor-default items-center gap-2 rounded-lg py-1.5 pr-3 pl-2 outline-none data-highlighted:bg-hover'

/** Who works here; in development, who else one can be. */
export function Person() {
  const { person, signOut } = session()
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger
        aria-label={`Signed in as ${person.name}`}
        title={person.name}
        className="mt-1 flex size-8 shrink-0 items-center justify-center rounded-full hover:bg-hover"
      >
        <Avatar name={person.name} size="small" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          side="right"
          align="end"
          sideOffset={6}
          collisionPadding={8}
          className="rise z-50 min-w-44 rounded-xl border border-line bg-raised p-1 shadow-raised"
        >
          <DropdownMenu.Label className="max-w-64 truncate px-2 py-1.5 text-sm text-soft">{person.name}</DropdownMenu.Label>
          {signOut ? (
            <DropdownMenu.Item className={ITEM} onSelect={signOut}>
              <LogOut aria-hidden className="size-4 text-soft" />
              Sign out
            </DropdownMenu.Item>
          ) : (
            <DropdownMenu.RadioGroup value={chosen()} onValueChange={(one) => choose(one as Developer)}>
              {Object.entries(DEVELOPERS).map(([one, { name }]) => (
                <DropdownMenu.RadioItem key={one} value={one} className={ITEM}>
                  <span className="flex size-4 items-center justify-center">
                    <DropdownMenu.ItemIndicator>
                      <Check aria-hidden className="size-4 text-accent" />
                    </DropdownMenu.ItemIndicator>
                  </span>
                  {name}
                </DropdownMenu.RadioItem>
              ))}
            </DropdownMenu.RadioGroup>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
