import { useQuery } from '@tanstack/react-query'
import { ArrowLeft, Ellipsis, ExternalLink, Link as Chain, PanelRight, Phone } from 'lucide-react'
import { useRef } from 'react'

import type { Conversation } from '#api/types.ts'
import { type ActionName, ACTIONS, endingOf, mayDo, perform } from '#desk/actions.ts'
import { mayAsk, want } from '#desk/asked.ts'
import { nameOf } from '#desk/words.ts'
import { contactQuery } from '#live/queries.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { Button, IconButton } from '#ui/Button.tsx'
import { channelName } from '#ui/ChannelIcon.tsx'
import { copy } from '#ui/copy.ts'
import { PriorityMark, StatusMark } from '#ui/Marks.tsx'
import { type Action, Actions } from '#ui/Menu.tsx'
import { tip } from '#ui/tip.ts'

import { Asking } from './Asking.tsx'
import { Present } from './Present.tsx'
import { callTo } from './reach.ts'

interface HeaderProps {
  conversation: Conversation
  back: () => void
  contextOpen: boolean
  onContext: () => void
}

/** Who the conversation is with, and what can be done. Actions without room are in the menu. */
export function Header({ conversation, back, contextOpen, onContext }: HeaderProps) {
  const { id, contact, channel, status, priority } = conversation
  const name = nameOf(conversation)
  const { name: ending, icon: Ending, change } = endingOf(status === 'resolved')
  const phone = callable(useQuery({ ...contactQuery(contact?.id ?? ''), enabled: contact != null }).data?.phoneNumber)
  return (
    <header className="@container h-13 shrink-0 border-b border-line bg-surface">
      <div className="flex h-full items-center gap-1.5 pr-2 pl-4 @xl:gap-2.5">
        <IconButton label="Back to the list" className="-ml-2 two:hidden" onClick={back}>
          <ArrowLeft />
        </IconButton>
        <Avatar name={name} seed={contact?.id ?? id} size="small" className="@max-sm:hidden" />
        <div className="flex min-w-0 grow items-baseline gap-2">
          <h2 dir="auto" className="truncate font-semibold">{name}</h2>
          <span className="shrink-0 text-sm text-soft @max-2xl:hidden">{channelName(channel)}</span>
        </div>
        <Present conversationId={id} />
        <Asking what="priority" label="Priority" about={id} className="shrink-0 text-sm text-soft @max-2xl:hidden">
          {priority ? <PriorityMark priority={priority} words /> : <span className="text-faint">Priority</span>}
        </Asking>
        <Asking what="status" label="Status" about={id} className="shrink-0 text-sm text-soft">
          <StatusMark status={status} />
        </Asking>
        {phone && <Call {...phone} />}
        {mayDo('escalate') && (
          <IconButton label={ACTIONS.escalate.short} className="@max-sm:hidden" onClick={() => perform('escalate', [id])}>
            <ACTIONS.escalate.icon />
          </IconButton>
        )}
        {mayAsk() && (
          <>
            <IconButton
              label={ACTIONS.snooze.short}
              keys={ACTIONS.snooze.keys}
              className="@max-lg:hidden"
              onClick={(event) => perform('snooze', [id], event.currentTarget.getBoundingClientRect())}
            >
              <ACTIONS.snooze.icon />
            </IconButton>
            <Button
              className="@max-lg:hidden"
              title={`${ending} (${ACTIONS.resolve.keys})`}
              onClick={() => want([id], change)}
            >
              <Ending aria-hidden className="size-4" />
              {ending}
            </Button>
          </>
        )}
        <More conversation={conversation} phone={phone} />
        <IconButton label="Context" aria-pressed={contextOpen} onClick={onContext}>
          <PanelRight />
        </IconButton>
      </div>
    </header>
  )
}

/** A phone number, and the link that calls it. */
interface Callable {
  number: string
  link: string
}

function callable(number: string | null | undefined): Callable | null {
  const link = number ? callTo(number) : null
  return number && link ? { number, link } : null
}

/** Calls with this device's phone application. */
function Call({ number, link }: Callable) {
  return (
    <a
      href={link}
      aria-label={`Call ${number}`}
      {...tip(`Call ${number}`)}
      className="inline-flex size-8 shrink-0 items-center justify-center rounded-lg text-soft hover:bg-hover hover:text-ink @max-sm:hidden"
    >
      <Phone aria-hidden className="size-4" />
    </a>
  )
}

interface MoreProps {
  conversation: Conversation
  /** The customer's, if known. */
  phone: Callable | null
}

/** The actions in the menu, after resolving or reopening. */
const IN_MENU: readonly ActionName[] = ['snooze', 'assignee', 'team', 'labels', 'priority', 'unread', 'escalate']

function More({ conversation: { id, status, chatwootUrl }, phone }: MoreProps) {
  const place = useRef<HTMLSpanElement>(null)
  const { name, icon, change } = endingOf(status === 'resolved')
  const changes: Action[] = [
    ...(mayAsk() ? [{ name, icon, run: () => want([id], change) }] : []),
    ...IN_MENU.filter(mayDo).map((what) => ({
      name: ACTIONS[what].name,
      icon: ACTIONS[what].icon,
      run: () => perform(what, [id], place.current?.getBoundingClientRect()),
    })),
  ]
  return (
    <span ref={place} className="flex shrink-0">
      <Actions
        label="More"
        trigger={(menu) => (
          <IconButton label="More" {...menu}>
            <Ellipsis aria-hidden />
          </IconButton>
        )}
        actions={[
          ...changes,
          ...(phone ? [{ name: `Call ${phone.number}`, icon: Phone, run: () => void window.open(phone.link, '_self') }] : []),
          { name: 'Copy link', icon: Chain, run: () => void copy('Link', window.location.origin + window.location.pathname) },
          ...(chatwootUrl
            ? [{ name: 'Open in Chatwoot', icon: ExternalLink, run: () => void window.open(chatwootUrl, '_blank', 'noopener') }]
            : []),
        ]}
      />
    </span>
  )
}
