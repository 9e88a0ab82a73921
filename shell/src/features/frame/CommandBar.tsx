
import { useInfiniteQuery } from '@tanstack/react-query'
import { useLocation, useNavigate } from '@tanstack/react-router'
import {
  Activity,
  CircleCheck,
  CircleDot,
  Clock,
  Gauge,
  Inbox,
  Keyboard,
  Moon,
  ShieldAlert,
  ShieldCheck,
  SignalHigh,
  Tag,
  UserRound,
  UsersRound,
} from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useDeferredValue, useState } from 'react'

import { ask, want } from '#desk/asked.ts'
import { useSelection } from '#desk/selection.ts'
import { conversationsQuery } from '#live/queries.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { type Option, Pick } from '#ui/Pick.tsx'
import { currentTheme, setTheme } from '#ui/theme.ts'

interface CommandBarProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  onHelp: () => void
}

export default function CommandBar({ open, onOpenChange, onHelp }: CommandBarProps) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Content
          aria-describedby={undefined}
          className="rise fixed top-[14vh] left-1/2 z-50 w-[36rem] max-w-[calc(100vw-2rem)] -translate-x-1/2 overflow-hidden rounded-2xl border border-line bg-surface shadow-raised outline-none"
        >
          <Dialog.Title className="sr-only">Command bar</Dialog.Title>
          <Palette close={() => onOpenChange(false)} onHelp={onHelp} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Palette({ close, onHelp }: { close: () => void; onHelp: () => void }) {
  const navigate = useNavigate()
  const { pathname } = useLocation()
  const [text, setText] = useState('')
  const wanted = useDeferredValue(text.trim())
  const found = useInfiniteQuery({
    ...conversationsQuery({ search: wanted }),
    enabled: wanted.length > 1,
    staleTime: 10_000,
  })
  const selected = useSelection()
  const open = /^\/inbox\/([^/]+)$/.exec(pathname)?.[1]
  const about = selected.length > 0 ? selected : open ? [open] : []

  const places: Option[] = [
    { id: 'inbox', name: 'Go to the inbox', icon: Inbox, keys: 'G I', run: () => void navigate({ to: '/inbox' }) },
    { id: 'unassigned', name: 'Show what nobody is assigned to', icon: Inbox, run: () => void navigate({ to: '/inbox', search: { assigneeId: 'none' } }) },
    { id: 'waiting', name: 'Show who has waited longest', icon: Inbox, run: () => void navigate({ to: '/inbox', search: { sort: 'waiting' } }) },
    { id: 'approvals', name: 'Go to approvals', icon: ShieldCheck, keys: 'G A', run: () => void navigate({ to: '/approvals' }) },
    { id: 'activity', name: 'Go to activity', icon: Activity, keys: 'G C', run: () => void navigate({ to: '/activity' }) },
    { id: 'operations', name: 'Go to operations', icon: Gauge, keys: 'G O', run: () => void navigate({ to: '/operations' }) },
    { id: 'theme', name: 'Switch between light and dark', icon: Moon, run: () => setTheme(currentTheme() === 'dark' ? 'light' : 'dark') },
    { id: 'keys', name: 'Show all keys', icon: Keyboard, keys: '?', run: onHelp },
  ]
  const changes: Option[] =
    about.length === 0
      ? []
      : [
          { id: 'resolve', name: 'Resolve', icon: CircleCheck, keys: 'E', run: () => want(about, { status: 'resolved' }) },
          { id: 'snooze', name: 'Snooze…', icon: Clock, keys: 'S', run: () => ask('snooze', about) },
          { id: 'assign', name: 'Assign…', icon: UserRound, keys: 'A', run: () => ask('assignee', about) },
          { id: 'team', name: 'Give to a team…', icon: UsersRound, keys: 'T', run: () => ask('team', about) },
          { id: 'labels', name: 'Label…', icon: Tag, keys: 'L', run: () => ask('labels', about) },
          { id: 'priority', name: 'Set priority…', icon: SignalHigh, keys: 'P', run: () => ask('priority', about) },
          { id: 'escalate', name: 'Escalate…', icon: ShieldAlert, run: () => ask('escalate', about.slice(0, 1)) },
          { id: 'status', name: 'Set status…', icon: CircleDot, run: () => ask('status', about) },
        ]
  const conversations: Option[] =
    wanted.length > 1
      ? (found.data ?? []).slice(0, 8).map(({ id, contact, chatwootId, lastMessage }) => {
          const name = contact?.name ?? `Conversation ${chatwootId}`
          return {
            id,
            name,
            detail: lastMessage?.content ?? '',
            found: true,
            mark: <Avatar name={name} seed={id} size="small" />,
            run: () => void navigate({ to: '/inbox/$id', params: { id }, search: { status: 'any' } }),
          }
        })
      : []
  return (
    <Pick
      label="Search commands and conversations"
      list="Commands"
      placeholder="Do something, or go to a place or a conversation"
      options={[...changes, ...places, ...conversations].map((one) => ({
        ...one,
        run: () => {
          close()
          one.run()
        },
      }))}
      onText={setText}
      nothing={found.isFetching ? 'Searching…' : 'Nothing has this name'}
    />
  )
}
