import { useQueryClient } from '@tanstack/react-query'
import { useLocation, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useEffectEvent, useSyncExternalStore } from 'react'

import { change, type Outcome } from '#desk/act.ts'
import { ask, asked, onWanted, type Question } from '#desk/asked.ts'
import type { Change } from '#desk/change.ts'
import { myAgent } from '#desk/me.ts'
import { clearSelection, neighbour, select, selection } from '#desk/selection.ts'
import { told } from '#desk/words.ts'
import { useLive } from '#live/live.ts'
import { onNews } from '#live/news.ts'
import { agentsQuery } from '#live/queries.ts'
import { useKeys } from '#ui/keyboard.ts'
import { toast } from '#ui/toasts.ts'

const loadPicker = () => import('./Picker.tsx')
const Picker = lazy(loadPicker)
const Escalate = lazy(() => import('./Escalate.tsx'))

/** Changes of conversations from wherever they are asked for: their keys, their questions, their news. */
export function Changes() {
  const live = useLive()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const question = useSyncExternalStore(asked.subscribe, asked.get)
  const { pathname } = useLocation()
  const open = /^\/inbox\/([^/]+)$/.exec(pathname)?.[1]
  useEffect(() => {
    const timer = setTimeout(() => void loadPicker().catch(() => undefined), 2_000)
    return () => clearTimeout(timer)
  }, [])

  /** What is selected, or what is open, or the row with the focus. */
  const about = (): readonly string[] => {
    if (selection.get().length > 0) return selection.get()
    const focused = document.activeElement?.getAttribute('data-row')
    const one = open ?? focused
    return one ? [one] : []
  }

  const tell = (outcome: Outcome, to: Change) => {
    const { changed, refused, undo } = outcome
    const name = (id: string) => live.look(id)?.contact?.name ?? 'the conversation'
    const key = crypto.randomUUID()
    const [first] = refused
    if (first) {
      const again = refused.map((one) => one.id)
      select(changed.length > 0 ? again : selection.get())
      toast({
        key,
        title: refused.length === 1 ? `Not changed: ${name(first.id)}` : `${refused.length} not changed, ${changed.length} changed`,
        detail: first.failure.message,
        action: { label: 'Try again', run: () => void act(again, to) },
        bad: true,
      })
      return
    }
    toast({
      key,
      title: told(to),
      detail: changed.length === 1 ? name(changed[0] ?? '') : `${changed.length} conversations`,
      action: { label: 'Undo', run: () => void undo().then((back) => back.refused.length > 0 && tell(back, {})) },
    })
  }

  const act = async (ids: readonly string[], to: Change) => {
    // What is done with goes, and the next one comes.
    const [only] = ids
    const done = to.status === 'resolved' || to.status === 'snoozed'
    if (done && ids.length === 1 && only !== undefined && only === open) {
      const next = neighbour(only)
      if (next) void navigate({ to: '/inbox/$id', params: { id: next }, search: (view) => view })
      else void navigate({ to: '/inbox', search: (view) => view })
    }
    const outcome = await change(live, ids, to)
    if (ids.length > 1 && outcome.refused.length === 0 && !('add' in to || 'remove' in to)) clearSelection()
    tell(outcome, to)
  }

  const wanted = useEffectEvent((ids: readonly string[], to: Change) => void act(ids, to))
  useEffect(() => onWanted((ids, to) => wanted(ids, to)), [])
  useEffect(
    () =>
      onNews((news) => {
        // What was to be done once it is sent.
        if (news.kind === 'sent' && news.written.next) wanted([news.written.conversationId], news.written.next)
      }),
    [],
  )

  const on = (what: Question) => () => ask(what, about())
  useKeys({
    e: () => {
      const ids = about()
      const resolved = ids.length > 0 && ids.every((id) => live.look(id)?.status === 'resolved')
      if (ids.length > 0) void act(ids, { status: resolved ? 'open' : 'resolved' })
    },
    s: on('snooze'),
    a: on('assignee'),
    l: on('labels'),
    p: on('priority'),
    t: on('team'),
    m: () => {
      const ids = about()
      const account = ids[0] === undefined ? undefined : live.look(ids[0])?.accountId
      void queryClient.query(agentsQuery()).then((agents) => {
        const me = myAgent(agents.filter((one) => one.accountId === account))
        if (me) void act(ids, { assignee: { id: me.chatwootId, name: me.name ?? null } })
        else ask('me', ids)
      }, () => ask('me', ids))
    },
    u: () => {
      const ids = about()
      if (open && ids.includes(open)) void navigate({ to: '/inbox', search: (view) => view })
      for (const id of ids) void live.mark(id, false).catch(() => undefined)
    },
  })

  if (!question) return null
  const [first] = question.about
  if (question.what === 'escalate') {
    return <Suspense>{first !== undefined && <Escalate id={first} close={() => asked.set(null)} />}</Suspense>
  }
  return (
    <Suspense>
      <Picker
        key={`${question.what} ${question.about.join(' ')}`}
        asked={question}
        choose={(to) => (question.then ?? ((wish: Change) => void act(question.about, wish)))(to)}
        close={() => asked.set(null)}
      />
    </Suspense>
  )
}
