import { CornerUpLeft, Hourglass, Lock, TriangleAlert } from 'lucide-react'
import { memo } from 'react'

import type { Conversation } from '#api/types.ts'
import { mayAsk } from '#desk/asked.ts'
import { selectUpTo, toggle } from '#desk/selection.ts'
import { nameOf } from '#desk/words.ts'
import { useDraftPreview, useHeldUp } from '#live/context.ts'
import { useTypists } from '#live/typing.ts'
import { Avatar, initials } from '#ui/Avatar.tsx'
import { channelName } from '#ui/ChannelIcon.tsx'
import { classes } from '#ui/classes.ts'
import { Label, PriorityMark, StatusMark } from '#ui/Marks.tsx'
import { rem } from '#ui/rem.ts'
import { When } from '#ui/When.tsx'
import { titled } from '#ui/words.ts'

import { RowLink } from './RowLink.tsx'

/**
 * The height of a row with three lines. Pixels. All rows are equally high, so that thousands of them scroll smoothly.
 */
export const ROW_HEIGHT = rem(5.25)

interface RowProps {
  conversation: Conversation
  /** The query of the address, which holds the view. */
  search: string
  open: boolean
  selected: boolean
  /** Rows are selected, so all checkboxes show. */
  selecting: boolean
  /** It has left the list and is fading out. */
  gone: boolean
}

export const Row = memo(function Row({ conversation, search, open, selected, selecting, gone }: RowProps) {
  const { id, contact, labels, priority, unreadCount, replyFailed, approvalPending, assignee, status } = conversation
  const name = nameOf(conversation)
  const unread = unreadCount > 0
  const heldUp = useHeldUp(id)
  const unsent = heldUp ? 'Your message was not sent' : replyFailed && 'A message was not sent'
  // Without permission to change anything, there is nothing to select it for.
  const selectable = mayAsk()
  return (
    <div
      data-row={id}
      className={classes('group relative h-full transition-opacity duration-200', gone && 'opacity-35')}
    >
      {selectable && (
        <input
          type="checkbox"
          aria-label={`Select ${name}`}
          checked={selected}
          onChange={() => undefined}
          onClick={(event) => (event.shiftKey ? selectUpTo(id) : toggle(id))}
          // In the avatar's place on hover; where nothing hovers, below it and always visible.
          className={classes(
            'peer absolute top-13 left-5 z-10 size-6 accent-accent [@media(hover:hover)]:top-4.5 focus-visible:opacity-100',
            !selected && !selecting && '[@media(hover:hover)]:opacity-0 group-hover:opacity-100',
          )}
        />
      )}
      <RowLink
        id={id}
        search={search}
        open={open}
        className={classes(
          '[@media(hover:hover)]:peer-focus-visible:*:first:opacity-0 flex h-full gap-3 border-b border-line/70 py-2.5 pr-3 pl-3.5 -outline-offset-2',
          selected || open ? 'bg-accent-soft' : 'hover:bg-hover',
          open && 'shadow-[inset_3px_0_0_var(--accent)]',
        )}
      >
        <Avatar
          name={name}
          seed={contact?.id ?? id}
          channel={conversation.channel}
          className={classes('mt-0.5 self-start', selected || selecting ? '[@media(hover:hover)]:opacity-0' : selectable && 'group-hover:opacity-0')}
        />
        <div className="min-w-0 grow">
          <div className="flex items-center gap-1.5">
            <span dir="auto" className={classes('min-w-0 grow truncate', unread ? 'font-semibold' : 'font-medium')}>
              {name}
              <span className="sr-only">, {channelName(conversation.channel)}</span>
            </span>
            {unsent && (
              <span title={unsent} className="text-bad">
                <TriangleAlert aria-hidden className="size-3.5" />
                <span className="sr-only">{unsent}</span>
              </span>
            )}
            {approvalPending && (
              <span title="Waiting for approval" className="text-warn">
                <Hourglass aria-hidden className="size-3.5" />
                <span className="sr-only">Waiting for approval</span>
              </span>
            )}
            {status !== 'open' && (
              <span title={titled(status)}>
                <StatusMark status={status} words={false} />
                <span className="sr-only">{titled(status)}</span>
              </span>
            )}
            {priority && <PriorityMark priority={priority} />}
            <When
              at={conversation.lastActivityAt}
              className={classes('shrink-0 text-xs tabular-nums', unread ? 'text-accent' : 'text-faint')}
            />
          </div>
          <div className="mt-0.5 flex items-center gap-2">
            {/* The direction comes from the message and not from our words, so that it is cut off at its end. */}
            <p dir="auto" className={classes('min-w-0 grow truncate text-sm', unread ? 'text-ink' : 'text-soft')}>
              <Preview conversation={conversation} />
            </p>
            {unread && (
              <span className="inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-full bg-accent px-1.5 text-[0.6875rem] font-semibold text-accent-text tabular-nums">
                <span aria-hidden>{unreadCount > 9 ? '9+' : unreadCount}</span>
                <span className="sr-only">{unreadCount} unread</span>
              </span>
            )}
          </div>
          <div className="mt-1 flex h-5 items-center gap-1">
            {labels.slice(0, 2).map((label) => (
              <Label key={label} name={label} />
            ))}
            {labels.length > 2 && <span className="text-xs text-faint">+{labels.length - 2}</span>}
            <span className="grow" />
            {assignee ? (
              <span
                title={`Assigned to ${assignee.name ?? 'someone'}`}
                className="text-[0.6875rem] font-medium text-faint"
              >
                <span className="sr-only">Assigned to {assignee.name ?? 'someone'}</span>
                <span aria-hidden>{initials(assignee.name ?? '?')}</span>
              </span>
            ) : (
              <span className="sr-only">Unassigned</span>
            )}
          </div>
        </div>
      </RowLink>
    </div>
  )
})

function Preview({ conversation }: { conversation: Conversation }) {
  const typists = useTypists(conversation.id)
  const draft = useDraftPreview(conversation.id)
  const typist = typists.find((one) => one.actorType === 'contact') ?? typists[0]
  if (typist) {
    return (
      <span className="text-accent italic">
        {typist.actorType === 'contact' ? 'typing…' : `${typist.name ?? 'A colleague'} is ${typist.private ? 'writing a note' : 'replying'}…`}
      </span>
    )
  }
  if (draft) {
    return (
      <>
        <span dir="ltr" className="font-medium text-warn">
          Draft:{' '}
        </span>
        {draft}
      </>
    )
  }
  const message = conversation.lastMessage
  if (!message) return <span className="text-faint">No messages yet</span>
  const text = message.content?.trim() ?? ''
  return (
    <>
      {message.private ? (
        <>
          <Lock aria-hidden className="me-1 inline size-3 align-[-1px] text-note-text" />
          <span dir="ltr" className="sr-only">
            Note:{' '}
          </span>
        </>
      ) : (
        message.messageType !== 'incoming' && (
          <>
            <CornerUpLeft aria-hidden className="me-1 inline size-3 align-[-1px] text-faint" />
            <span dir="ltr" className="sr-only">
              Reply:{' '}
            </span>
          </>
        )
      )}
      {message.deleted || text === '' ? (
        <span className="text-faint">{message.deleted ? 'This message was deleted' : 'Attachment'}</span>
      ) : (
        text
      )}
    </>
  )
}
