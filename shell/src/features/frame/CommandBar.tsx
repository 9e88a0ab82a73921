import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Inbox, Keyboard, MessageSquareText, Moon } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useDeferredValue, useState } from 'react'

import { session } from '#auth/session.ts'
import { type ActionName, ACTIONS, canDo, endingOf, mayDo, perform } from '#desk/actions.ts'
import { want } from '#desk/asked.ts'
import { insert } from '#desk/inserted.ts'
import { useOpen } from '#desk/open.ts'
import { focusedRow, useSelection } from '#desk/selection.ts'
import { nameOf } from '#desk/words.ts'
import { useLive } from '#live/context.ts'
import { cannedResponsesQuery, conversationsQuery } from '#live/queries.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { stayWhileComposing } from '#ui/composing.ts'
import { giveFocusBack } from '#ui/focus.ts'
import { type Option, Pick } from '#ui/Pick.tsx'
import { currentTheme, setTheme } from '#ui/theme.ts'

import { places } from './places.ts'

/** Actions on conversations. */
const OFFERED: readonly ActionName[] = ['resolve', 'snooze', 'assignee', 'team', 'labels', 'priority', 'escalate', 'status']

interface CommandBarProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  onHelp: () => void
}

export default function CommandBar({ open, onOpenChange, onHelp }: CommandBarProps) {
  // Read before the bar takes the focus.
  const [focused] = useState(focusedRow)
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={giveFocusBack}
          onEscapeKeyDown={stayWhileComposing}
          className="rise fixed top-[14vh] left-1/2 z-50 w-[36rem] max-w-[calc(100vw-2rem)] -translate-x-1/2 flex max-h-[76vh] flex-col overflow-hidden rounded-2xl border border-line bg-surface shadow-raised outline-none"
        >
          <Dialog.Title className="sr-only">Command bar</Dialog.Title>
          <Palette focused={focused} close={() => onOpenChange(false)} onHelp={onHelp} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

interface PaletteProps {
  /** The id of the row that had the focus. */
  focused: string | undefined
  close: () => void
  onHelp: () => void
}

function Palette({ focused, close, onHelp }: PaletteProps) {
  const navigate = useNavigate()
  const live = useLive()
  const { may } = session().person
  const [text, setText] = useState('')
  const wanted = useDeferredValue(text.trim())
  const found = useInfiniteQuery({
    ...conversationsQuery({ search: wanted }),
    enabled: wanted.length > 1,
    staleTime: 10_000,
  })
  const selected = useSelection()
  const open = useOpen()
  const one = open ?? focused
  const about = selected.length > 0 ? selected : one ? [one] : []

  const goes = places().map(({ to, go, keys, icon }): Option => ({ id: to, name: go, keys, icon, run: () => void navigate({ to }) }))
  const others: Option[] = [
    { id: 'unassigned', name: 'Show unassigned conversations', icon: Inbox, run: () => void navigate({ to: '/inbox', search: { assigneeId: 'none' } }) },
    { id: 'waiting', name: 'Show longest-waiting conversations', icon: Inbox, run: () => void navigate({ to: '/inbox', search: { sort: 'waiting' } }) },
    { id: 'theme', name: 'Switch between light and dark', icon: Moon, run: () => setTheme(currentTheme() === 'dark' ? 'light' : 'dark') },
    { id: 'keys', name: 'Show keyboard shortcuts', icon: Keyboard, keys: '?', run: onHelp },
  ]
  const ending = endingOf(about.length > 0 && about.every((id) => live.look(id)?.status === 'resolved'))
  const changes = OFFERED.filter((what) => mayDo(what) && canDo(what, about)).map((what): Option => {
    const { name, icon, keys } = ACTIONS[what]
    if (what === 'resolve') return { id: what, name: ending.name, icon: ending.icon, keys, run: () => want(about, ending.change) }
    return { id: what, name, icon, keys, run: () => perform(what, about) }
  })
  const writes = open !== undefined && may('conversations:reply')
  const account = open === undefined ? undefined : live.look(open)?.accountId
  const canned = (useQuery({ ...cannedResponsesQuery(), enabled: writes }).data ?? []).filter((one) => one.accountId === account)
  const prepared: Option[] =
    !writes
      ? []
      : [
          { id: 'canned', name: 'Insert a canned response…', icon: MessageSquareText, keys: '/', run: () => insert('/') },
          // There are many, so they show only once something is typed.
          ...(wanted === '' ? [] : canned).map(({ accountId, chatwootId, shortCode, content }) => ({
            id: `canned ${accountId} ${chatwootId}`,
            name: `/${shortCode}`,
            detail: content,
            icon: MessageSquareText,
            run: () => insert(content),
          })),
        ]
  const conversations: Option[] =
    wanted.length > 1
      ? (found.data ?? []).slice(0, 8).map((conversation) => {
          const { id, lastMessage } = conversation
          const name = nameOf(conversation)
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
      placeholder="Type a command, or search for a conversation"
      options={[...changes, ...prepared, ...goes, ...others, ...conversations].map((one) => ({
        ...one,
        run: () => {
          close()
          one.run()
        },
      }))}
      onText={setText}
      note={found.error && !found.data ? `Conversations could not be searched: ${found.error.message}` : undefined}
      nothing={found.isFetching ? 'Searching…' : 'No match'}
    />
  )
}
