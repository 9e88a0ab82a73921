import { Lock, Reply } from 'lucide-react'
import { type Ref, useEffect, useEffectEvent, useId, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react'

import { LONGEST_MESSAGE } from '#api/limits.ts'
import type { CannedResponse, Conversation } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { onInserted } from '#desk/inserted.ts'
import { takeChosen } from '#live/chosen.ts'
import { useDraft, useDrafts, useHeardDeleted, useOutbox } from '#live/context.ts'
import { isBegun } from '#live/draftsStored.ts'
import type { DraftKind } from '#live/kind.ts'
import { useConnection } from '#live/status.ts'
import { tellStopped, tellTyping } from '#live/telling.ts'
import type { Next } from '#live/written.ts'
import { Button } from '#ui/Button.tsx'
import { classes } from '#ui/classes.ts'
import { composes } from '#ui/composing.ts'
import { Keys } from '#ui/Keys.tsx'
import { lazily } from '#ui/lazily.tsx'
import { forgetUnsent } from '#ui/unsent.ts'

import { AttachButton, Attached, useAttach } from './Attach.tsx'
import { CannedList, useCanned } from './Canned.tsx'
import { proposalIn } from './proposing.ts'
import { SendButton } from './SendButton.tsx'
import { Typing } from './Typing.tsx'
import { useValues } from './useValues.ts'
import { fill, leftIn } from './variables.ts'

const Propose = lazily(() => import('./Propose.tsx'))

export interface ComposerHandle {
  focus: () => void
}

interface ComposerProps {
  conversation: Conversation
  kind: DraftKind
  onKind: (kind: DraftKind) => void
  ref: Ref<ComposerHandle>
}

export function Composer({ conversation, kind, onKind, ref }: ComposerProps) {
  const { id } = conversation
  const outbox = useOutbox()
  const drafts = useDrafts()
  const offline = useConnection().state === 'offline'
  const heard = useHeardDeleted(id)
  const deleted = heard || conversation.deleted
  const field = useRef<HTMLTextAreaElement>(null)
  const draft = useDraft(id, kind)
  const other = isBegun(useDraft(id, kind === 'note' ? 'reply' : 'note'))
  const note = kind === 'note'
  const attach = useAttach(id, kind)
  const empty = draft.trim() === '' && attach.files.length === 0
  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus() }))

  const canned = useCanned({ conversation, field, text: draft })
  const { values, whole, asking } = useValues(conversation, canned.shown.length > 0 || draft.includes('{{'))
  /** Where the cursor goes once the inserted text is there. */
  const caret = useRef<number | null>(null)
  useLayoutEffect(() => {
    if (caret.current === null) return
    field.current?.focus()
    field.current?.setSelectionRange(caret.current, caret.current)
    canned.moved(caret.current)
    caret.current = null
  })
  const put = (content: string, from: number, to: number) => {
    const words = fill(content, values, !whole)
    caret.current = from + words.length
    drafts.set(id, kind, (draft.slice(0, from) + words + draft.slice(to)).slice(0, LONGEST_MESSAGE))
  }
  const take = ({ content }: CannedResponse) => {
    if (canned.place) put(content, canned.place.from, canned.place.to)
    canned.choose(0)
  }
  const insertHere = useEffectEvent((content: string) => {
    const { selectionStart = draft.length, selectionEnd = draft.length } = field.current ?? {}
    const joins = /\S$/.test(draft.slice(0, selectionStart))
    put(joins ? ` ${content}` : content, selectionStart, selectionEnd)
  })
  useEffect(() => onInserted((content) => insertHere(content)), [])

  useEffect(() => {
    void drafts.read()
    return () => {
      tellStopped()
      drafts.leave(id)
    }
  }, [drafts, id])

  useEffect(() => {
    if (document.activeElement === field.current) drafts.hold(id, kind)
  }, [drafts, id, kind])

  /** The draft that could not be sent because of variables without a value. */
  const [tried, setTried] = useState<string | null>(null)
  const [proposing, setProposing] = useState<{ content: string; draft: string } | null>(null)
  const writing = `${id}.${kind}`
  const left = tried === writing ? leftIn(fill(draft, values, asking)) : []
  // All variables have a value now; a new one is not reported before the next try.
  if (tried === writing && left.length === 0) setTried(null)
  /** The text as it would be sent. Returns null if it may not be sent. */
  const ready = (): string | null => {
    const text = fill(draft, values, asking).trim()
    const blocked = leftIn(text).length > 0
    setTried(blocked ? writing : null)
    field.current?.focus()
    return empty || blocked ? null : text
  }
  const send = (next?: Next) => {
    const text = ready()
    if (text === null) return
    tellStopped()
    outbox.send(id, text, note, takeChosen(id, kind), next)
    attach.forget()
    drafts.set(id, kind, '')
    // The reason for that reply does not apply to the next one.
    if (!note) forgetUnsent(proposalIn(id))
  }

  if (deleted) return <Closed id={id} role="alert" why="This conversation was deleted in Chatwoot. You can no longer reply." />
  if (!session().person.may('conversations:reply')) return <Closed id={id} why="You can read this conversation but not reply." />
  return (
    <div className="shrink-0 px-4 pb-4 low:pb-1">
      <Typing conversationId={id} />
      <div
        {...attach.place}
        className={classes(
          'relative rounded-2xl border transition-colors focus-within:shadow-raised',
          note ? 'border-note-line bg-note' : 'border-line bg-surface focus-within:border-accent-line',
        )}
      >
        <CannedList canned={canned} values={values} take={take} />
        <div role="group" aria-label="Write" className="flex gap-1 px-2 pt-2">
          <Kind label="Reply" icon={<Reply aria-hidden />} active={!note} begun={note && other} onClick={() => onKind('reply')} />
          <Kind label="Note" icon={<Lock aria-hidden />} active={note} begun={!note && other} onClick={() => onKind('note')} />
        </div>
        <textarea
          ref={field}
          value={draft}
          maxLength={LONGEST_MESSAGE}
          dir="auto"
          rows={2}
          aria-label={note ? 'Note' : 'Reply'}
          aria-autocomplete="list"
          aria-controls={canned.shown.length > 0 ? canned.id : undefined}
          aria-activedescendant={canned.chosen >= 0 ? `${canned.id}-${canned.chosen}` : undefined}
          aria-invalid={left.length > 0}
          aria-describedby={left.length > 0 ? `${canned.id}-left` : undefined}
          placeholder={note ? 'Write a note that only your team sees' : 'Write a reply, or / for canned responses'}
          onChange={({ target }) => {
            drafts.set(id, kind, target.value)
            canned.moved(target.selectionEnd)
            if (target.value.trim() === '') tellStopped()
            else tellTyping(id, note)
          }}
          onSelect={({ currentTarget }) => canned.moved(currentTarget.selectionEnd)}
          onFocus={() => drafts.hold(id, kind)}
          onBlur={() => {
            canned.moved(null)
            tellStopped()
            drafts.release(id, kind)
          }}
          onKeyDown={(event) => {
            if (composes(event.nativeEvent) || canned.pressed(event, take)) return
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
              event.preventDefault()
              send()
            }
            if (event.key === 'Escape') {
              event.stopPropagation()
              field.current?.blur()
            }
          }}
          className="block field-sizing-content max-h-[min(16rem,25dvh)] min-h-16 w-full low:min-h-9 resize-none bg-transparent px-3.5 py-2 outline-none placeholder:text-faint"
        />
        {left.length > 0 && (
          <p id={`${canned.id}-left`} role="alert" className="px-3.5 pb-2 text-sm text-bad">
            {asking
              ? `Still looking up ${left.join(', ')}; send again in a moment.`
              : `${left.join(', ')} ${left.length === 1 ? 'has' : 'have'} no value here. Replace ${left.length === 1 ? 'it' : 'them'}, then send.`}
          </p>
        )}
        <Attached attach={attach} write={() => field.current?.focus()} />
        <div className="flex items-center gap-3 px-2 pb-2">
          <AttachButton attach={attach} />
          <p aria-live="polite" className="line-clamp-2 min-w-0 grow text-xs leading-tight text-soft">
            {offline
              ? 'You are offline: messages will be sent when you are back online'
              : canned.missing !== null
                ? `Canned responses did not load: ${canned.missing}`
                : !note && conversation.canReply === false
                  ? 'This channel’s reply window has closed: a reply will most likely not be delivered'
                  : ''}
          </p>
          <span className="hidden text-xs text-faint two:inline">
            <Keys keys="Mod+Enter" />
          </span>
          {note ? (
            <Button look="note" disabled={empty} onClick={() => send()}>
              Add note
            </Button>
          ) : (
            <SendButton
              conversationId={id}
              disabled={empty}
              withFiles={attach.files.length > 0}
              send={send}
              propose={() => {
                const content = ready()
                setProposing(content === null ? null : { content, draft })
              }}
            />
          )}
        </div>
      </div>
      {proposing !== null && (
        <Propose conversationId={id} {...proposing} close={() => setProposing(null)} missing={() => setProposing(null)} />
      )}
    </div>
  )
}

/** Shown instead of the composer: drafts can be copied. */
function Closed({ id, role, why }: { id: string; role?: 'alert'; why: string }) {
  const begun = [
    { name: 'Your reply', text: useDraft(id, 'reply') },
    { name: 'Your note', text: useDraft(id, 'note') },
  ]
  return (
    <div role={role} className="flex shrink-0 flex-col gap-2 border-t border-line px-5 py-4 text-sm text-soft">
      <p>{why}</p>
      {begun.map(({ name, text }) => text.trim() !== '' && <Begun key={name} name={name} text={text} />)}
    </div>
  )
}

function Begun({ name, text }: { name: string; text: string }) {
  const id = useId()
  return (
    <div>
      <p id={id}>{name}:</p>
      {/* Focusable, so that it can be scrolled by keyboard. */}
      <p
        dir="auto"
        role="note"
        aria-labelledby={id}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="max-h-40 overflow-y-auto whitespace-pre-wrap wrap-anywhere text-ink"
      >
        {text}
      </p>
    </div>
  )
}

interface KindProps {
  label: string
  icon: React.ReactNode
  active: boolean
  /** There is a draft of the other kind. */
  begun: boolean
  onClick: () => void
}

function Kind({ label, icon, active, begun, onClick }: KindProps) {
  return (
    <button
      type="button"
      aria-pressed={active}
      title={begun ? 'There is a draft' : undefined}
      onClick={onClick}
      className={classes(
        'inline-flex h-7 items-center gap-1.5 rounded-lg px-2.5 text-sm font-medium [&>svg]:size-3.5',
        active ? 'bg-ink/8 text-ink' : 'text-soft hover:text-ink',
      )}
    >
      {icon}
      {label}
      {begun && <span aria-hidden className="size-1.5 rounded-full bg-warn" />}
    </button>
  )
}
