import { useQuery } from '@tanstack/react-query'
import { LogOut, Signature } from 'lucide-react'
import { useState } from 'react'

import { choose, chosen, type Developer, DEVELOPERS } from '#auth/development.ts'
import { session } from '#auth/session.ts'
import { linksQuery } from '#live/links.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { lazily } from '#ui/lazily.tsx'
import { type Action, type Entries, Menu } from '#ui/Menu.tsx'

const Links = lazily(() => import('./Links.tsx'))

/** The menu of the signed-in person; in development, also a choice of other people. */
export function Person() {
  const { person, signOut } = session()
  const writes = person.may('conversations:reply')
  const refused = useQuery({ ...linksQuery(), enabled: writes }).data?.some(({ refusedAt }) => refusedAt != null)
  const [links, setLinks] = useState(false)
  const actions: Action[] = writes
    ? [{ name: 'Your name in Chatwoot…', icon: Signature, hint: refused === true && 'Link again', run: () => setLinks(true) }]
    : []
  const entries: Entries = signOut
    ? { kind: 'actions', actions: [{ name: 'Sign out', icon: LogOut, run: signOut }] }
    : {
        kind: 'choice',
        value: chosen(),
        options: Object.entries(DEVELOPERS).map(([value, { name }]) => ({ value, label: name })),
        onChange: (one) => choose(one as Developer),
      }
  return (
    <>
      <Menu
        label={person.name}
        title={person.name}
        side="right"
        align="end"
        actions={actions}
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
      {links && <Links close={() => setLinks(false)} missing={() => setLinks(false)} />}
    </>
  )
}
