import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useEffectEvent } from 'react'

import { clockAhead } from '#api/clock.ts'
import { Failure } from '#api/failure.ts'
import { randomUuid } from '#base/randomUuid.ts'
import { change, doEach, type Outcome, type Wanted } from '#desk/act.ts'
import { ask, onWanted } from '#desk/asked.ts'
import { type Change, type Named, namedOf } from '#desk/change.ts'
import { myAgent } from '#desk/me.ts'
import { clearSelection, neighbour, select, selection } from '#desk/selection.ts'
import { told } from '#desk/words.ts'
import { afterRefusal } from '#live/again.ts'
import { hasChosen } from '#live/chosen.ts'
import { useLive } from '#live/context.ts'
import type { Drafts } from '#live/drafts.ts'
import { onNews } from '#live/news.ts'
import { agentsQuery, conversationQuery } from '#live/queries.ts'
import type { Written } from '#live/written.ts'
import { isField } from '#ui/keyboard.ts'
import { toast } from '#ui/toasts.ts'

/** Whether there is a draft in a conversation, or somebody is typing anywhere but in its empty field. */
function isWriting(drafts: Drafts, id: string): boolean {
  return drafts.hasBegun(id) || hasChosen(id) || (isField(document.activeElement) && !drafts.isHeld(id))
}

/**
 * Carries out changes, wherever they are requested, and reports the result; `open` is the id of the open conversation.
 */
export function useActs(open: string | undefined) {
  const live = useLive()
  const navigate = useNavigate()
  const queryClient = useQueryClient()

  const name = (id: string) => live.look(id)?.contact?.name ?? 'the conversation'

  const tell = ({ changed, refused, undo }: Outcome) => {
    const key = randomUuid()
    const [first] = refused
    const [one] = changed
    if (first) {
      // Rows that left the list in the meantime are back in it.
      const back = changed.length + refused.length > 1 ? refused.map(({ id }) => id) : []
      const others = selection.get().filter((id) => !changed.some((done) => done.id === id))
      select([...new Set([...others, ...back])])
      toast({
        key,
        title: refused.length === 1 ? `Not changed: ${name(first.id)}` : `${refused.length} not changed, ${changed.length} changed`,
        detail: first.failure.message,
        action: { label: 'Try again', run: () => void afterRefusal(...refused.map(({ failure }) => failure)).then(() => act(refused)) },
        bad: true,
      })
      return
    }
    if (!one) return
    toast({
      key,
      title: told(one.to),
      detail: changed.length === 1 ? name(one.id) : `${changed.length} conversations`,
      action: { label: 'Undo', run: () => void undo().then((back) => back.refused.length > 0 && tell(back)) },
    })
  }

  const act = async (wanted: readonly Wanted[], leaves = true) => {
    const [first, second] = wanted
    if (!first) return
    const { id, to } = first
    // A conversation that is done makes room for the next one.
    const done = to.status === 'resolved' || to.status === 'snoozed'
    if (leaves && done && !second && id === open) {
      const next = neighbour(id)
      if (next) void navigate({ to: '/inbox/$id', params: { id: next }, search: (view) => view })
      else void navigate({ to: '/inbox', search: (view) => view })
    }
    const outcome = await change(live, wanted)
    if (second && outcome.refused.length === 0 && !('add' in to || 'remove' in to)) clearSelection()
    tell(outcome)
  }
  /** Resolves once all of it is changed or refused. */
  const make = (ids: readonly string[], to: Change) => act(ids.map((id) => ({ id, to })))

  /**
   * Assigns conversations to this person, who may be a different agent in each account, and asks who they are if that
   * is not known.
   */
  const take = async (ids: readonly string[], named: readonly Named[] = []): Promise<void> => {
    const agents = await queryClient.query(agentsQuery()).catch(() => [])
    const accountOf = (id: string) => live.look(id)?.accountId
    const meIn = (account: string | undefined): Named | undefined => {
      const me = myAgent(agents.filter((one) => one.accountId === account))
      return named.find((one) => one.accountId === account) ?? (me && namedOf(me))
    }
    const wanted = ids.flatMap((id): Wanted[] => {
      const assignee = meIn(accountOf(id))
      return assignee ? [{ id, to: { assignee } }] : []
    })
    const strange = ids.find((id) => !meIn(accountOf(id)))
    if (strange === undefined) await act(wanted)
    else {
      ask('me', ids.filter((id) => accountOf(id) === accountOf(strange)), {
        then: ({ assignee }) => assignee && void take(ids, [...named, assignee]),
      })
    }
  }

  /** What was to be done once a message was sent. The customer may have written again by then. */
  const finish = useEffectEvent(async ({ conversationId: id, createdAt, seen, next }: Written) => {
    if (!next) return
    const row = live.look(id) ?? (await queryClient.query(conversationQuery(queryClient, id)).catch(() => undefined))
    const last = row?.lastMessage
    // Clocks differ, so they only count if it is not known what its writer had seen.
    const since = (message: NonNullable<typeof last>) =>
      seen ? !seen.messages.includes(message.id) : Date.parse(message.createdAt) > Date.parse(createdAt) + clockAhead()
    if (last?.messageType !== 'incoming' || !since(last)) {
      // That was requested some time ago; somebody may be typing again.
      await act([{ id, to: next }], !isWriting(live.drafts, id))
      return
    }
    toast({
      key: `not-done ${id}`,
      title: `Not ${told(next).toLowerCase()}: ${row?.contact?.name ?? 'the conversation'}`,
      detail: 'The customer has written since',
      action: {
        label: 'Show',
        run: () => void navigate({ to: '/inbox/$id', params: { id }, search: { status: 'any' } }),
      },
      bad: true,
    })
  })
  const unread = async (ids: readonly string[]) => {
    if (open && ids.includes(open)) void navigate({ to: '/inbox', search: (view) => view })
    const failed: string[] = []
    let why: unknown
    await doEach(ids, (id) =>
      live.mark(id, false).catch((error: unknown) => {
        failed.push(id)
        why = error
      }),
    )
    if (failed.length === 0) return
    toast({
      key: `not-unread ${failed.join(' ')}`,
      title: `Not marked as unread: ${failed.length === 1 ? name(failed[0] ?? '') : `${failed.length} conversations`}`,
      detail: Failure.from(why).message,
      action: { label: 'Try again', run: () => void afterRefusal(why).then(() => unread(failed)) },
      bad: true,
    })
  }
  const wanted = useEffectEvent(make)
  const wantedUnread = useEffectEvent(unread)
  useEffect(() => onWanted({ change: (ids, to) => void wanted(ids, to), unread: (ids) => void wantedUnread(ids) }), [])
  useEffect(
    () =>
      onNews((news) => {
        if (news.kind === 'sent') void finish(news.written)
      }),
    [],
  )
  return { make, take }
}
