import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import { type LucideIcon, Moon, Sun } from 'lucide-react'

import { approvalsQuery } from '#live/queries.ts'
import { IconButton } from '#ui/Button.tsx'
import { setTheme, useTheme } from '#ui/theme.ts'
import { tip } from '#ui/tip.ts'

import { ConnectionMark } from './ConnectionMark.tsx'
import { Person } from './Person.tsx'
import { places } from './places.ts'

/** The main navigation: at the left, or at the bottom on narrow screens. */
export function Rail() {
  const waiting = useQuery({ ...approvalsQuery({ waitingFor: 'me' }), refetchInterval: 60_000 }).data?.length ?? 0
  const theme = useTheme()
  return (
    <nav
      aria-label="Main"
      className="order-last flex h-14 shrink-0 items-center gap-1 border-t border-line bg-ground px-2 two:order-first two:h-full two:w-14 two:flex-col two:border-t-0 two:border-r two:px-0 two:py-3"
    >
      {places().map(({ to, name, keys, icon }) => (
        <Place key={to} to={to} label={name} keys={keys} icon={icon} badge={to === '/approvals' ? waiting : 0} />
      ))}
      <span className="grow" />
      <ConnectionMark />
      <IconButton
        label={theme === 'dark' ? 'Light theme' : 'Dark theme'}
        onClick={() => setTheme(theme === 'dark' ? 'light' : 'dark')}
      >
        {theme === 'dark' ? <Sun /> : <Moon />}
      </IconButton>
      <Person />
    </nav>
  )
}

interface PlaceProps {
  to: NonNullable<LinkProps['to']>
  label: string
  keys: string
  icon: LucideIcon
  badge: number
}

function Place({ to, label, keys, icon: Icon, badge }: PlaceProps) {
  const spoken = badge > 0 ? `${label}, ${badge} waiting` : label
  return (
    <Link
      to={to}
      aria-label={spoken}
      {...tip(label, keys, 'right')}
      className="relative flex size-10 items-center justify-center rounded-xl text-soft transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent"
    >
      <Icon aria-hidden className="size-5" strokeWidth={1.75} />
      {badge > 0 && (
        <span
          aria-hidden
          className="absolute top-0.5 right-0.5 flex h-4 min-w-4 items-center justify-center rounded-full bg-accent px-1 text-[0.625rem] font-semibold text-accent-text"
        >
          {badge > 99 ? '99+' : badge}
        </span>
      )}
    </Link>
  )
}
