import { LogOut } from 'lucide-react'

import { choose, chosen, type Developer, DEVELOPERS } from '#auth/development.ts'
import { session } from '#auth/session.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { type Entries, Menu } from '#ui/Menu.tsx'

/** Who works here; in development, who else one can be. */
export function Person() {
  const { person, signOut } = session()
  const entries: Entries = signOut
    ? { kind: 'actions', actions: [{ name: 'Sign out', icon: LogOut, run: signOut }] }
    : {
        kind: 'choice',
        value: chosen(),
        options: Object.entries(DEVELOPERS).map(([value, { name }]) => ({ value, label: name })),
        onChange: (one) => choose(one as Developer),
      }
  return (
    <Menu
      label={person.name}
      title={person.name}
      side="right"
      align="end"
      entries={entries}
      trigger={(menu) => (
        <button
          type="button"
          {...menu}
          aria-label={`Signed in as ${person.name}`}
          title={person.name}
          className="mt-1 flex size-8 shrink-0 items-center justify-center rounded-full hover:bg-hover"
        >
          <Avatar name={person.name} size="small" />
        </button>
      )}
    />
  )
}
