import { Lock, Reply } from 'lucide-react'
import { type Ref, useImperativeHandle, useRef } from 'react'


import type { Conversation } from '#api/types.ts'
import { takeChosen } from '#live/chosen.ts'
import { type DraftKind, setDraft, useDraft } from '#live/drafts.ts'
import { useConnection, useOutbox, useTypists } from '#live/live.ts'
import { Button } from '#ui/Button.tsx'
import { classes } from '#ui/classes.ts'
import { Keys } from '#ui/Keys.tsx'

import { AttachButton, Attached, useAttach } from './Attach.tsx'

export interface ComposerHandle {
  focus: () => void
}

interface ComposerProps {
  conversation: Conversation
  kind: DraftKind
  onKind: (kind: DraftKind) => void
  ref: Ref<ComposerHandle>
}

const LONGEST = 150_000

export function Composer({ conversation, kind, onKind, ref }: ComposerProps) {
  const outbox = useOutbox()
  const offline = useConnection().state === 'offline'
  const field = useRef<HTMLTextAreaElement>(null)
  const draft = useDraft(conversation.id, kind)
  const note = kind === 'note'
  const attach = useAttach(conversation.id, kind)
  const empty = draft.trim() === '' && attach.files.length === 0
  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus() }))

  const send = () => {
    if (empty) return
    outbox.send(conversation.id, draft.trim(), note, takeChosen(conversation.id, kind))
    setDraft(conversation.id, kind, '')
    field.current?.focus()
  }

  return (
    <div className="shrink-0 px-4 pb-4">
      <Typing conversationId={conversation.id} />
      <div
        {...attach.place}
        className={classes(
          'rounded-2xl border transition-colors focus-within:shadow-raised',
          note ? 'border-note-line bg-note' : 'border-line bg-surface focus-within:border-accent-line',
        )}
      >
        <div role="group" aria-label="Write" className="flex gap-1 px-2 pt-2">
          <Kind label="Reply" icon={<Reply aria-hidden />} active={!note} onClick={() => onKind('reply')} />
          <Kind label="Note" icon={<Lock aria-hidden />} active={note} onClick={() => onKind('note')} />
        </div>
        <textarea
          ref={field}
          value={draft}
          maxLength={LONGEST}
          dir="auto"
          rows={2}
          aria-label={note ? 'Note' : 'Reply'}
          placeholder={note ? 'Write a note that only your team sees' : 'Write a reply'}
          onChange={(event) => setDraft(conversation.id, kind, event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.nativeEvent.isComposing) {
              event.preventDefault()
              send()
            }
            if (event.key === 'Escape') {
              event.stopPropagation()
              field.current?.blur()
            }
          }}
          className="block field-sizing-content max-h-64 min-h-16 w-full resize-none bg-transparent px-3.5 py-2 outline-none placeholder:text-faint"
        />
        <Attached attach={attach} />
        <div className="flex items-center gap-3 px-2 pb-2">
          <AttachButton attach={attach} />
          <p className="min-w-0 grow truncate text-xs text-soft">
            {offline
              ? 'You are offline: what you send waits'
              : !note && conversation.canReply === false
                ? 'The time in which this channel takes replies is over'
                : ''}
          </p>
          <span className="hidden text-xs text-faint two:inline">
            <Keys keys="Mod+Enter" />
          </span>
          <Button look={note ? 'note' : 'primary'} disabled={empty} onClick={send}>
            {note ? 'Add note' : 'Send'}
          </Button>
        </div>
      </div>
    </div>
  )
}

interface KindProps {
  label: string
  icon: React.ReactNode
  active: boolean
  onClick: () => void
}

function Kind({ label, icon, active, onClick }: KindProps) {
  return (
    <button
      type="button"
      aria-pressed={active}
      onClick={onClick}
      className={classes(
        'inline-flex h-7 items-center gap-1.5 rounded-lg px-2.5 text-sm font-medium [&>svg]:size-3.5',
        active ? 'bg-ink/8 text-ink' : 'text-soft hover:text-ink',
      )}
    >
      {icon}
      {label}
    </button>
  )
}

/** Has its place whether somebody types or not, so that nothing jumps. */
function Typing({ conversationId }: { conversationId: string }) {
  const typists = useTypists(conversationId)
  const customer = typists.find((one) => one.actorType === 'contact')
  const colleague = typists.find((one) => one.actorType !== 'contact')
  return (
    <p aria-live="polite" className="flex h-6 items-center gap-2 px-2 text-xs text-soft">
      {customer && (
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden className="inline-flex gap-0.5">
            {[0, 1, 2].map((dot) => (
              <span
                key={dot}
                className="size-1.5 rounded-full bg-faint"
                style={{ animation: `hop 1.1s ${dot * 0.14}s infinite` }}
              />
            ))}
          </span>
          {customer.name ?? 'The customer'} is typing
        </span>
      )}
      {colleague && (
        <span>
          {colleague.name ?? 'A colleague'} is {colleague.private ? 'writing a note' : 'replying'}…
        </span>
      )}
    </p>
  )
}
