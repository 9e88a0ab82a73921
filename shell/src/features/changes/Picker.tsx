import { useQuery } from '@tanstack/react-query'
import { CalendarClock, CircleSlash, Clock, UserRoundX } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useState } from 'react'

import type { Conversation } from '#api/types.ts'
import { ACTIONS } from '#desk/actions.ts'
import { type Asked, ask } from '#desk/asked.ts'
import { type Change, namedOf } from '#desk/change.ts'
import { myAgent, rememberMe } from '#desk/me.ts'
import { snoozeChoices } from '#desk/snooze.ts'
import { useLive } from '#live/context.ts'
import { agentsQuery, labelsQuery, teamsQuery } from '#live/queries.ts'
import { Avatar } from '#ui/Avatar.tsx'
import { Button } from '#ui/Button.tsx'
import { stayWhileComposing } from '#ui/composing.ts'
import { giveFocusBack } from '#ui/focus.ts'
import { PriorityMark, StatusMark } from '#ui/Marks.tsx'
import { type Option, Pick } from '#ui/Pick.tsx'
import { asField, exactly } from '#ui/time.ts'
import { PRIORITIES, STATUSES, titled } from '#ui/words.ts'

interface PickerProps {
  asked: Asked
  /** Resolves once the change is made or refused. */
  choose: (change: Change) => Promise<void>
  close: () => void
}

const TITLES: Record<Asked['what'], string> = {
  status: 'Status',
  snooze: 'Snooze until',
  priority: 'Priority',
  assignee: 'Assignee',
  me: 'Which agent are you?',
  team: 'Team',
  labels: 'Labels',
  escalate: 'Escalate',
}

/** The place of the dialog if no button opened it: at the top, in the middle. */
function middle(): DOMRect {
  return new DOMRect(window.innerWidth / 2, window.innerHeight * 0.14, 0, 0)
}

/** Asks what to change conversations to. */
export default function Picker({ asked, choose, close }: PickerProps) {
  const [anchor] = useState(() => ({ current: { getBoundingClientRect: () => asked.at ?? middle() } }))
  const several = asked.about.length > 1
  const title = several ? `${TITLES[asked.what]} of ${asked.about.length} conversations` : TITLES[asked.what]
  return (
    <Popover.Root open modal onOpenChange={(open) => !open && close()}>
      <Popover.Anchor virtualRef={anchor} />
      <Popover.Portal>
        <Popover.Content
          aria-label={title}
          onCloseAutoFocus={giveFocusBack}
          onEscapeKeyDown={stayWhileComposing}
          align={asked.at ? 'start' : 'center'}
          sideOffset={6}
          collisionPadding={12}
          className="rise z-50 flex max-h-(--radix-popover-content-available-height) w-88 max-w-[calc(100vw-2rem)] flex-col overflow-hidden rounded-2xl border border-line bg-surface shadow-raised outline-none"
        >
          <Choices key={asked.what} asked={asked} title={title} choose={choose} close={close} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

/** The conversations that it is about, as they show when this is rendered. */
function useRows({ about }: Asked): Conversation[] {
  const live = useLive()
  return about.map((id) => live.look(id)).filter((row) => row !== undefined)
}

function Choices({ asked, title, choose, close }: PickerProps & { title: string }) {
  const rows = useRows(asked)
  const take = (change: Change) => {
    close()
    void choose(change)
  }
  switch (asked.what) {
    case 'status':
      return <Statuses title={title} rows={rows} take={take} asked={asked} />
    case 'snooze':
      return <Snooze title={title} take={take} />
    case 'priority':
      return <Priorities title={title} rows={rows} take={take} />
    case 'assignee':
      return <Agents title={title} rows={rows} take={take} />
    case 'me':
      return <Agents title={title} rows={rows} take={take} asksWho />
    case 'team':
      return <Teams title={title} rows={rows} take={take} />
    case 'labels':
      return <Labels title={title} asked={asked} choose={choose} />
    case 'escalate':
      return null
  }
}

interface ChoicesProps {
  title: string
  rows: readonly Conversation[]
  take: (change: Change) => void
}

/** Whether this is so for all, some or none of the rows. */
function checked(rows: readonly Conversation[], so: (row: Conversation) => boolean): Option['checked'] {
  const those = rows.filter(so).length
  if (those === 0) return false
  return those === rows.length ? true : 'some'
}

const NOTHING = 'No match'

/** Says that options are missing because they did not load. */
function missing({ data, error }: { data: unknown; error: Error | null }, what: string): string | undefined {
  return error && !data ? `The ${what} did not load: ${error.message}` : undefined
}

function Statuses({ title, rows, take, asked }: ChoicesProps & { asked: Asked }) {
  const options = STATUSES.map((status): Option => ({
    id: status,
    name: status === 'snoozed' ? 'Snoozed…' : titled(status),
    mark: <StatusMark status={status} words={false} />,
    checked: checked(rows, (row) => row.status === status),
    run: () => (status === 'snoozed' ? ask('snooze', asked.about, asked) : take({ status })),
  }))
  return <Pick label={title} list="Statuses" placeholder="Status" options={options} nothing={NOTHING} />
}

function Priorities({ title, rows, take }: ChoicesProps) {
  const options: Option[] = [
    ...PRIORITIES.map((priority) => ({
      id: priority,
      name: titled(priority),
      mark: <PriorityMark priority={priority} />,
      checked: checked(rows, (row) => row.priority === priority),
      run: () => take({ priority }),
    })),
    {
      id: 'none',
      name: 'No priority',
      icon: CircleSlash,
      checked: checked(rows, (row) => row.priority == null),
      run: () => take({ priority: null }),
    },
  ]
  return <Pick label={title} list="Priorities" placeholder="Priority" options={options} nothing={NOTHING} />
}

function Snooze({ title, take }: Omit<ChoicesProps, 'rows'>) {
  const [now] = useState(() => new Date())
  const [dated, setDated] = useState(false)
  if (dated) return <SnoozeDate now={now} take={take} />
  const options: Option[] = [
    ...snoozeChoices(now).map(({ name, until }) => ({
      id: name,
      name,
      detail: until ? exactly(until.toISOString()).replace(/:00(?=\D*$)/, '') : undefined,
      icon: Clock,
      run: () => take({ status: 'snoozed' as const, snoozedUntil: until?.toISOString() ?? null }),
    })),
    { id: 'date', name: 'Choose a date and time…', icon: CalendarClock, run: () => setDated(true) },
  ]
  return <Pick label={title} list="Times" placeholder="Snooze until" options={options} nothing={NOTHING} />
}

function SnoozeDate({ now, take }: { now: Date; take: ChoicesProps['take'] }) {
  const [text, setText] = useState(() => asField(new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9)))
  const until = new Date(text)
  const good = until.getTime() > now.getTime()
  return (
    <form
      className="flex flex-col gap-3 p-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (good) take({ status: 'snoozed', snoozedUntil: until.toISOString() })
      }}
    >
      <label className="flex flex-col gap-1 text-sm font-medium">
        Snooze until
        <input
          type="datetime-local"
          // The dialog was opened to enter just this.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          required
          value={text}
          min={asField(now)}
          onChange={(event) => setText(event.target.value)}
          className="h-9 rounded-lg border border-field bg-surface px-2.5 text-base"
        />
      </label>
      {text !== '' && !good && (
        <p role="status" className="text-sm text-bad">
          That time is past.
        </p>
      )}
      <Button type="submit" look="primary" disabled={!good}>
        Snooze
      </Button>
    </form>
  )
}

/**
 * The account of all these conversations; undefined if they are in several, which have no agents or teams in common.
 */
function accountOf(rows: readonly Conversation[]): string | undefined {
  const [first, ...others] = rows
  return others.every((row) => row.accountId === first?.accountId) ? first?.accountId : undefined
}

const SEVERAL = 'They belong to several Chatwoot accounts. Select conversations of one account to see its'

function Agents({ title, rows, take, asksWho = false }: ChoicesProps & { asksWho?: boolean }) {
  const query = useQuery(agentsQuery())
  const account = accountOf(rows)
  const agents = (query.data ?? []).filter((one) => one.accountId === account)
  const me = myAgent(agents)
  const all = agents.map((agent): Option => {
    const name = agent.name ?? `Agent ${agent.chatwootId}`
    return {
      id: String(agent.chatwootId),
      name,
      detail: agent.chatwootId === me?.chatwootId && !asksWho ? 'you' : (agent.email ?? undefined),
      mark: <Avatar name={name} size="small" />,
      keys: agent.chatwootId === me?.chatwootId && !asksWho ? ACTIONS.me.keys : undefined,
      checked: asksWho ? undefined : checked(rows, (row) => row.assignee?.id === agent.chatwootId && row.assignee.type === 'user'),
      run: () => {
        if (asksWho) rememberMe(agent)
        take({ assignee: namedOf(agent) })
      },
    }
  })
  const nobody: Option = {
    id: 'none',
    name: 'Nobody',
    icon: UserRoundX,
    checked: checked(rows, (row) => !row.assignee),
    run: () => take({ assignee: null }),
  }
  return (
    <Pick
      label={title}
      list="Agents"
      placeholder={asksWho ? title : 'Assign to'}
      options={asksWho ? all : [nobody, ...all]}
      note={rows.length > 1 && !account ? `${SEVERAL} agents.` : missing(query, 'agents')}
      nothing={query.isPending ? 'Loading…' : NOTHING}
    />
  )
}

function Teams({ title, rows, take }: ChoicesProps) {
  const query = useQuery(teamsQuery())
  const account = accountOf(rows)
  const options: Option[] = [
    {
      id: 'none',
      name: 'No team',
      icon: CircleSlash,
      checked: checked(rows, (row) => !row.team),
      run: () => take({ team: null }),
    },
    ...(query.data ?? [])
      .filter((one) => one.accountId === account)
      .map((team) => ({
        id: String(team.chatwootId),
        name: team.name ?? `Team ${team.chatwootId}`,
        mark: <Avatar name={team.name ?? '?'} size="small" />,
        checked: checked(rows, (row) => row.team?.id === team.chatwootId),
        run: () => take({ team: namedOf(team) }),
      })),
  ]
  return (
    <Pick
      label={title}
      list="Teams"
      placeholder="Team"
      options={options}
      note={rows.length > 1 && !account ? `${SEVERAL} teams.` : missing(query, 'teams')}
      nothing={query.isPending ? 'Loading…' : NOTHING}
    />
  )
}

/** Each label is added or removed at once; the list stays open for more. */
function Labels({ title, asked, choose }: Omit<PickerProps, 'close'> & { title: string }) {
  // Its own, because it is rendered again when a change is over.
  const rows = useRows(asked)
  const query = useQuery(labelsQuery())
  const accounts = [...new Set(rows.map((row) => row.accountId))]
  const several = accounts.length > 1
  // What was chosen here, on top of the rows' labels, until it is in them or refused.
  const [put, setPut] = useState<ReadonlyMap<string, boolean>>(new Map())
  const all = query.data ?? []
  const known = all
    .map((one) => one.title)
    .filter((title) => accounts.every((account) => all.some((one) => one.accountId === account && one.title === title)))
  // One that only some of them have could not be added to the others if their account lacks it.
  const theirs = rows
    .flatMap((row) => row.labels)
    .filter((label) => !several || rows.every((row) => row.labels.includes(label)))
  // Kept, so that one that is removed can be chosen again.
  const [before] = useState(theirs)
  const labels = [...new Set([...known, ...before, ...theirs])].sort((a, b) => a.localeCompare(b))
  const options = labels.map((label): Option => {
    const on = put.get(label) ?? checked(rows, (row) => row.labels.includes(label))
    return {
      id: label,
      name: label,
      checked: on,
      run: () => {
        setPut(new Map(put).set(label, on !== true))
        void choose(on === true ? { remove: [label] } : { add: [label] }).finally(() =>
          setPut((now) => new Map([...now].filter(([one]) => one !== label))),
        )
      },
    }
  })
  return (
    <Pick
      label={title}
      list="Labels"
      placeholder="Label"
      options={options}
      note={missing(query, 'labels') ?? (several ? `${SEVERAL} other labels.` : undefined)}
      nothing={query.isPending ? 'Loading…' : NOTHING}
    />
  )
}
