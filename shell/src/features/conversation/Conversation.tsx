
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ArrowLeft, CircleCheck, CircleDot, Clock, MailOpen, PanelRight, SearchX, ShieldAlert } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'

import type { Conversation as Shown } from '#api/types.ts'
import { ask, want } from '#desk/asked.ts'
import { chooseFiles } from '#live/chosen.ts'
import { type DraftKind, prependDraft, setKind, useKind } from '#live/drafts.ts'
import { useLive } from '#live/live.ts'
import { conversationQuery } from '#live/queries.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { Button, IconButton } from '#ui/Button.tsx'
import { channelName } from '#ui/ChannelIcon.tsx'
import { useKeys } from '#ui/keyboard.ts'
import { PriorityMark, StatusMark } from '#ui/Marks.tsx'
import { useWide } from '#ui/media.ts'
import { useRemembered } from '#ui/remembered.ts'
import { Sheet } from '#ui/Sheet.tsx'
import { Empty, Failed } from '#ui/State.tsx'

import type { Editing } from './Actions.tsx'
import { Asking } from './Asking.tsx'
import { Composer, type ComposerHandle } from './Composer.tsx'
import { Context } from './Context.tsx'
import { Present } from './Present.tsx'
import { Thread } from './Thread.tsx'

/** One conversation. Give it the id as its key too: each has its own place and drafts. */
export function Conversation({ id }: { id: string }) {
  const navigate = useNavigate()
  const query = useQuery(conversationQuery(useQueryClient(), id))
  const back = () => void navigate({ to: '/inbox', search: (view) => view })
  useKeys({ Escape: back })

  if (query.data) return <Panes conversation={query.data} back={back} />
  if (query.isError) {
    if (query.error.status === 404 || query.error.status === 422) {
      return (
        <Empty icon={SearchX} title="There is no such conversation" action={<Button onClick={back}>Back to the inbox</Button>}>
          It may have been deleted, or the address is not complete.
        </Empty>
      )
    }
    return <Failed what="The conversation did not load" error={query.error} retry={() => void query.refetch()} />
  }
  return (
    <div role="status" aria-label="Loading conversation">
      <div className="flex h-13 items-center gap-3 border-b border-line px-4">
        <span className="skeleton size-6 rounded-full" />
        <span className="skeleton h-4 w-40" />
      </div>
    </div>
  )
}

function Panes({ conversation, back }: { conversation: Shown; back: () => void }) {
  const wide = useWide(1100)
  const [beside, setBeside] = useRemembered('axis.context', true)
  const [drawer, setDrawer] = useState(false)
  const kind = useKind(conversation.id)
  const composer = useRef<ComposerHandle>(null)
  const { id } = conversation
  const write = useCallback(
    (next: DraftKind) => {
      setKind(id, next)
      composer.current?.focus()
    },
    [id],
  )
  const edit = useCallback<Editing>(
    ({ content, private: isPrivate, files }) => {
      const next = isPrivate ? 'note' : 'reply'
      prependDraft(id, next, content)
      chooseFiles(id, next, files)
      write(next)
    },
    [id, write],
  )
  useSeen(conversation)
  useKeys({ r: () => write('reply'), n: () => write('note') })

  return (
    <div className="flex h-full min-h-0">
      <section aria-label="Conversation" className="flex min-w-0 grow flex-col">
        <Header
          conversation={conversation}
          back={back}
          contextOpen={wide ? beside : drawer}
          onContext={() => (wide ? setBeside(!beside) : setDrawer(true))}
        />
        <Thread
          conversationId={conversation.id}
          contactId={conversation.contact?.id ?? conversation.id}
          unread={conversation.unreadCount}
          onEdit={edit}
        />
        <Composer ref={composer} conversation={conversation} kind={kind} onKind={write} />
      </section>
      {wide && beside && (
        <aside aria-label="Context" className="w-80 shrink-0 overflow-y-auto border-l border-line bg-surface">
          <Context conversation={conversation} />
        </aside>
      )}
      {!wide && (
        <Sheet side="right" title="Context" open={drawer} onOpenChange={setDrawer}>
          <Context conversation={conversation} />
        </Sheet>
      )}
    </div>
  )
}

/** So long somebody looks at a conversation before it counts as read. Milliseconds. */
const SEEN_AFTER = 800

/** Who has it open and looks at the page has read it. */
function useSeen({ id, unreadCount }: Shown): void {
  const live = useLive()
  useEffect(() => {
    if (unreadCount === 0) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = () => {
      clearTimeout(timer)
      if (document.visibilityState === 'visible') {
        timer = setTimeout(() => void live.mark(id, true).catch(() => undefined), SEEN_AFTER)
      }
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [live, id, unreadCount])
}

interface HeaderProps {
  conversation: Shown
  back: () => void
  contextOpen: boolean
  onContext: () => void
}

function Header({ conversation, back, contextOpen, onContext }: HeaderProps) {
  const live = useLive()
  const { id, contact, channel, status, priority } = conversation
  const name = contact?.name ?? `Conversation ${conversation.chatwootId}`
  return (
    <header className="flex h-13 shrink-0 items-center gap-1.5 border-b border-line bg-surface pr-2 pl-4 two:gap-3">
      <IconButton label="Back to the list" className="-ml-2 two:hidden" onClick={back}>
        <ArrowLeft />
      </IconButton>
      <Avatar name={name} seed={contact?.id ?? conversation.id} size="small" />
      <div className="flex min-w-0 grow items-baseline gap-2">
        <h2 className="truncate font-semibold">{name}</h2>
        <span className="hidden shrink-0 truncate text-sm text-soft two:inline">{channelName(channel)}</span>
      </div>
      <Present conversationId={id} />
      <Asking what="priority" label="Priority" keys="P" about={id} className="text-sm text-soft max-two:hidden">
        {priority ? <PriorityMark priority={priority} words /> : <span className="text-faint">Priority</span>}
      </Asking>
      <Asking what="status" label="Status" about={id} className="shrink-0 text-sm text-soft">
        <StatusMark status={status} />
      </Asking>
      <IconButton
        label="Mark as unread"
        keys="U"
        className="max-two:hidden"
        onClick={() => {
          back()
          void live.mark(id, false).catch(() => undefined)
        }}
      >
        <MailOpen />
      </IconButton>
      <IconButton label="Escalate" onClick={() => ask('escalate', [id])}>
        <ShieldAlert />
      </IconButton>
      <IconButton
        label="Snooze"
        keys="S"
        onClick={(event) => ask('snooze', [id], { at: event.currentTarget.getBoundingClientRect() })}
      >
        <Clock />
      </IconButton>
      <Button
        className="max-two:hidden"
        title={status === 'resolved' ? 'Reopen (E)' : 'Resolve (E)'}
        onClick={() => want([id], { status: status === 'resolved' ? 'open' : 'resolved' })}
      >
        {status === 'resolved' ? <CircleDot aria-hidden className="size-4" /> : <CircleCheck aria-hidden className="size-4" />}
        {status === 'resolved' ? 'Reopen' : 'Resolve'}
      </Button>
      <IconButton label="Context" aria-pressed={contextOpen} onClick={onContext}>
        <PanelRight />
      </IconButton>
    </header>
  )
}
