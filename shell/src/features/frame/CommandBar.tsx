
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Activity, CornerDownLeft, Gauge, Inbox, Keyboard, type LucideIcon, Moon, ShieldCheck } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useDeferredValue, useId, useState } from 'react'

import { conversationsQuery } from '#live/queries.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { classes } from '#ui/classes.ts'
import { Keys } from '#ui/Keys.tsx'
import { currentTheme, setTheme } from '#ui/theme.ts'

interface CommandBarProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  onHelp: () => void
}

interface Command {
  id: string
  name: string
  detail?: string
  icon?: LucideIcon
  keys?: string
  run: () => void
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
  const list = useId()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const wanted = useDeferredValue(text.trim())
  const found = useInfiniteQuery({
    ...conversationsQuery({ search: wanted }),
    enabled: wanted.length > 1,
    staleTime: 10_000,
  })

  const places: Command[] = [
    { id: 'inbox', name: 'Go to the inbox', icon: Inbox, keys: 'G I', run: () => void navigate({ to: '/inbox' }) },
    { id: 'unassigned', name: 'Show what nobody is assigned to', icon: Inbox, run: () => void navigate({ to: '/inbox', search: { assigneeId: 'none' } }) },
    { id: 'waiting', name: 'Show who has waited longest', icon: Inbox, run: () => void navigate({ to: '/inbox', search: { sort: 'waiting' } }) },
    { id: 'approvals', name: 'Go to approvals', icon: ShieldCheck, keys: 'G A', run: () => void navigate({ to: '/approvals' }) },
    { id: 'activity', name: 'Go to activity', icon: Activity, keys: 'G C', run: () => void navigate({ to: '/activity' }) },
    { id: 'operations', name: 'Go to operations', icon: Gauge, keys: 'G O', run: () => void navigate({ to: '/operations' }) },
    { id: 'theme', name: 'Switch between light and dark', icon: Moon, run: () => setTheme(currentTheme() === 'dark' ? 'light' : 'dark') },
    { id: 'keys', name: 'Show all keys', icon: Keyboard, keys: '?', run: onHelp },
  ]
  const conversations: Command[] =
    wanted.length > 1
      ? (found.data ?? []).slice(0, 8).map(({ id, contact, chatwootId, lastMessage }) => ({
          id,
          name: contact?.name ?? `Conversation ${chatwootId}`,
          detail: lastMessage?.content ?? '',
          run: () => void navigate({ to: '/inbox/$id', params: { id }, search: { status: 'any' } }),
        }))
      : []
  const shown = [
    ...places.filter((one) => one.name.toLowerCase().includes(text.trim().toLowerCase())),
    ...conversations,
  ]
  const chosen = Math.min(at, shown.length - 1)
  const run = (command: Command | undefined) => {
    if (!command) return
    close()
    command.run()
  }

  return (
    <>
      <input
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={chosen >= 0 ? `${list}-${chosen}` : undefined}
        aria-label="Search commands and conversations"
        placeholder="Go to a place or a conversation"
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt((chosen + 1) % Math.max(1, shown.length))
          else if (event.key === 'ArrowUp') setAt((chosen - 1 + shown.length) % Math.max(1, shown.length))
          else if (event.key === 'Enter') run(shown[chosen])
          else return
          event.preventDefault()
        }}
        className="h-13 w-full border-b border-line bg-transparent px-4 text-lg outline-none placeholder:text-faint"
      />
      <div id={list} role="listbox" aria-label="Commands" className="max-h-96 overflow-y-auto p-1.5">
        {shown.map((command, index) => {
          const { icon: Icon } = command
          return (
            // The keys are handled by the field, which keeps the focus.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <div
              key={command.id}
              id={`${list}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              onPointerMove={() => setAt(index)}
              onClick={() => run(command)}
              ref={(element) => {
                if (index === chosen) element?.scrollIntoView({ block: 'nearest' })
              }}
              className={classes(
                'flex h-10 items-center gap-3 rounded-lg px-2.5',
                index === chosen && 'bg-accent-soft',
              )}
            >
              {Icon ? (
                <Icon aria-hidden className="mx-1 size-4 shrink-0 text-soft" />
              ) : (
                <Avatar name={command.name} seed={command.id} size="small" />
              )}
              <span className="shrink-0 truncate font-medium">{command.name}</span>
              <span className="min-w-0 grow truncate text-sm text-soft">{command.detail}</span>
              {index === chosen ? (
                <CornerDownLeft aria-hidden className="size-3.5 shrink-0 text-soft" />
              ) : (
                command.keys && (
                  <span className="text-faint">
                    <Keys keys={command.keys} />
                  </span>
                )
              )}
            </div>
          )
        })}
        {shown.length === 0 && (
          <p className="px-3 py-6 text-center text-sm text-soft">
            {found.isFetching ? 'Searching…' : 'Nothing has this name'}
          </p>
        )}
      </div>
    </>
  )
}
