import { act, fireEvent, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { tagOf } from '#api/tag.ts'
import type { Conversation, CreateMessage, UpdateConversation } from '#api/types.ts'
import { ask, asked as question, want } from '#desk/asked.ts'
import { clearSelection, select, selection } from '#desk/selection.ts'
import { chooseFiles } from '#live/chosen.ts'
import type { Drafts } from '#live/drafts.ts'
import { tellNews } from '#live/news.ts'
import type { Written } from '#live/written.ts'
import { api, http } from '#test/api.ts'
import { mayOnly } from '#test/may.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage, instant, uuid } from '#test/samples.ts'
import { dismiss, toasts } from '#ui/toasts.ts'
import { Toasts } from '#ui/Toasts.tsx'

import { Changes } from './Changes.tsx'

beforeEach(() => {
  question.set(null)
  for (const one of toasts()) dismiss(one.key)
})

/** An API with these conversations, that refuses changes of those named. */
function given(rows: Conversation[], refused: readonly string[] = []) {
  const now = new Map(rows.map((row) => [row.id, row]))
  const asked: [string, UpdateConversation][] = []
  let second = 1
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', ({ params }) => HttpResponse.json(now.get(String(params.id)))),
    http.untyped.patch('*/api/v1/conversations/:id', async ({ request, params }) => {
      const id = String(params.id)
      const body = (await request.json()) as UpdateConversation
      asked.push([id, body])
      if (refused.includes(id)) {
        return HttpResponse.json({ code: 'invalid', detail: 'Chatwoot has no such agent' }, { status: 422 })
      }
      const { assigneeId: _one, teamId: _other, ...fields } = body
      const next = { ...now.get(id), ...fields, updatedAt: instant((second += 1)) } as Conversation
      now.set(id, next)
      return HttpResponse.json(next)
    }),
    http.untyped.get('*/api/v1/labels', () =>
      HttpResponse.json({
        data: ['billing', 'vip'].map((title, index) => ({
          accountId: rows[0]?.accountId, chatwootId: index + 1, title, updatedAt: instant(0),
        })),
      }),
    ),
  )
  const page = show(
    <>
      <Changes />
      <Toasts />
    </>,
  )
  return { ...page, asked, status: (id: string) => now.get(id)?.status }
}

test('a change is told, and undone on request', async () => {
  const row = aConversation()
  const { asked, status } = given([row])
  await waitFor(() => {
    if (asked.length === 0) want([row.id], { status: 'resolved' })
    expect(status(row.id)).toBe('resolved')
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Undo' }))
  await waitFor(() => expect(status(row.id)).toBe('open'))
})

test('of several, those that were refused are named with the reason, and tried again alone', async () => {
  const rows = [aConversation(), aConversation(), aConversation()]
  const bad = rows[1]!.id
  const { asked } = given(rows, [bad])
  await screen.findByRole('status')
  const ids = rows.map((row) => row.id)
  select(ids)
  onTestFinished(clearSelection)
  want(ids, { priority: 'high' })
  // Until it was refused it may have left the list.
  select(ids.filter((id) => id !== bad))
  expect(await screen.findByText(/Not changed/)).toBeVisible()
  expect(screen.getByText('Chatwoot has no such agent')).toBeVisible()
  expect(asked).toHaveLength(3)
  expect(selection.get()).toEqual([bad])
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(asked).toHaveLength(4))
  expect(asked[3]?.[0]).toBe(bad)
})

test('labels are put on by typing, and those of others stay', async () => {
  const row = aConversation({ labels: ['urgent'] })
  const { asked, live } = given([row])
  await screen.findByRole('status')
  // What the picker shows is what was read.
  await live.change(row.id, { over: (one) => one, body: () => ({}), builds: false })
  ask('labels', [row.id])
  await userEvent.type(await screen.findByRole('combobox', { name: 'Labels' }), 'vip')
  await screen.findByRole('option', { name: /vip/ })
  await userEvent.keyboard('{Enter}')
  await waitFor(() => expect(asked.at(-1)?.[1]).toEqual({ labels: ['urgent', 'vip'] }))
})

test('a label is put on however often others change the conversation meanwhile', async () => {
  const row = aConversation({ labels: [] })
  given([row])
  const asked: { seen: string | null; labels: unknown }[] = []
  let now = row
  api.use(
    http.untyped.patch('*/api/v1/conversations/:id', async ({ request }) => {
      const seen = request.headers.get('If-Match')
      const { labels = [] } = (await request.json()) as UpdateConversation
      asked.push({ seen, labels })
      if (asked.length <= 6) {
        now = { ...now, labels: [`other ${asked.length}`], updatedAt: instant(asked.length) }
        return HttpResponse.json({ code: 'changed', detail: 'it has changed', current: now }, { status: 412 })
      }
      return HttpResponse.json({ ...now, labels, updatedAt: instant(60) })
    }),
  )
  await screen.findByRole('status')
  want([row.id], { add: ['vip'] })
  await waitFor(() => expect(asked).toHaveLength(7))
  expect(asked[6]).toEqual({ seen: tagOf(instant(6)), labels: ['other 6', 'vip'] })
  expect(screen.queryByText(/Not changed/)).toBeNull()
})

test('what was to be done once a reply is sent is done then', async () => {
  const row = aConversation()
  const { asked, live, status } = given([row])
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', async ({ request }) => {
      const { content, clientId } = (await request.json()) as CreateMessage
      expect(asked).toEqual([])
      return HttpResponse.json(aMessage({ conversationId: row.id, content, clientId: clientId ?? null }), { status: 201 })
    }),
  )
  await screen.findByRole('status')
  live.outbox.send(row.id, 'All done', false, [], { status: 'resolved' })
  await waitFor(() => expect(status(row.id)).toBe('resolved'))
  expect(await screen.findByText('Resolved')).toBeVisible()
})

test('and is done even if the reply was sent before the page had anything to show', async () => {
  const row = aConversation()
  const written = { conversationId: row.id, next: { status: 'resolved' } } as Written
  tellNews({ kind: 'sent', written })
  const { status } = given([row])
  await waitFor(() => expect(status(row.id)).toBe('resolved'))
})

describe('a reply that is sent, and what was to be done then done,', () => {
  /** The conversation on the screen, and its reply sent once somebody does this. */
  async function sent(does: (id: string, drafts: Drafts) => void) {
    const row = aConversation()
    const { live, router, status } = given([row])
    await screen.findByRole('status')
    await act(() => router.navigate({ href: `/inbox/${row.id}` }))
    does(row.id, live.drafts)
    tellNews({ kind: 'sent', written: { conversationId: row.id, next: { status: 'resolved' } } as Written })
    await waitFor(() => expect(status(row.id)).toBe('resolved'))
    expect(await screen.findByText('Resolved')).toBeVisible()
    return { id: row.id, place: router.state.location.pathname }
  }

  /** A field that has the focus until the test is over. */
  function field(tag: string) {
    const one = document.body.appendChild(document.createElement(tag))
    onTestFinished(() => one.remove())
    one.focus()
  }

  test.each([
    ['from whoever only reads there', () => undefined],
    ['from whoever has sent it by the keys, in its empty field', (id: string, drafts: Drafts) => {
      field('textarea')
      drafts.hold(id, 'reply')
    }],
  ])('goes, %s', async (_, does) => {
    expect((await sent(does)).place).toBe('/inbox')
  })

  test.each([
    ['who writes the next one', (id: string, drafts: Drafts) => drafts.set(id, 'reply', 'And')],
    ['who writes a note', (id: string, drafts: Drafts) => drafts.set(id, 'note', 'They')],
    ['who has chosen files', (id: string) => void chooseFiles(id, 'reply', [new File(['Two tents'], 'receipt.txt')])],
    ['who writes elsewhere', () => field('input')],
  ])('does not go from under whoever stays there: %s', async (_, does) => {
    const { id, place } = await sent(does)
    expect(place).toBe(`/inbox/${id}`)
  })
})

/** A conversation whose last message the customer wrote ten seconds after the reply. */
function overtaken() {
  const lastMessage = { id: uuid(), content: 'And this?', messageType: 'incoming', createdAt: instant(20), private: false }
  return aConversation({ lastMessage })
}

test('but not if the customer has written since, which is said', async () => {
  const row = overtaken()
  const written = { conversationId: row.id, createdAt: instant(10), seen: null, next: { status: 'resolved' } } as unknown as Written
  tellNews({ kind: 'sent', written })
  const { asked } = given([row])
  expect(await screen.findByText('Not resolved: Paula Probe')).toBeVisible()
  expect(screen.getByText('The customer has written since')).toBeVisible()
  expect(asked).toEqual([])
})

test('what its writer had before them is nothing since, however slow their clock is', async () => {
  const row = overtaken()
  const seen = { tag: '', messages: [row.lastMessage!.id] }
  tellNews({ kind: 'sent', written: { conversationId: row.id, createdAt: instant(10), seen, next: { status: 'resolved' } } as unknown as Written })
  const { status } = given([row])
  await waitFor(() => expect(status(row.id)).toBe('resolved'))
})

test('snoozing is chosen among the statuses', async () => {
  const { id } = aConversation()
  given([aConversation({ id })])
  ask('status', [id])
  await userEvent.click(await screen.findByRole('option', { name: 'Snoozed…' }))
  expect(await screen.findByRole('combobox', { name: 'Snooze until' })).toBeVisible()
})

test('a time to snooze until that is past is refused with a word', async () => {
  const { id } = aConversation()
  const { asked } = given([aConversation({ id })])
  ask('snooze', [id])
  await userEvent.click(await screen.findByRole('option', { name: /^Choose a date/ }))
  fireEvent.change(await screen.findByLabelText('Snooze until', { selector: '[type=datetime-local]' }), { target: { value: '2020-01-01T09:00' } })
  expect(await screen.findByText('That time is past.')).toBeVisible()
  await userEvent.keyboard('{Enter}')
  expect(asked).toEqual([])
})

/** Two accounts, in which the number 5 is another person, each with its conversation. */
async function twoAccounts(second: Partial<Conversation> = {}) {
  const [here, there] = [uuid(801), uuid(802)]
  const rows = [aConversation({ accountId: here }), aConversation({ accountId: there, ...second })]
  const page = given(rows)
  const agent = (accountId: string, chatwootId: number, name: string, you = false) => ({ accountId, chatwootId, name, you, updatedAt: instant(0) })
  api.use(
    http.untyped.get('*/api/v1/agents', () =>
      HttpResponse.json({ data: [agent(here, 5, 'Dev Admin', true), agent(there, 5, 'Otto Other'), agent(there, 8, 'Dev A.', true)] }),
    ),
  )
  await screen.findByRole('status')
  // What is known of a conversation is what was read.
  for (const { id } of rows) await page.live.change(id, { over: (one) => one, body: () => ({}), builds: false })
  page.asked.length = 0
  return { ...page, rows, ids: rows.map(({ id }) => id), here, there }
}

test('whoever takes conversations of two accounts takes each as who they are there', async () => {
  const { ids, asked } = await twoAccounts()
  select(ids)
  onTestFinished(clearSelection)
  await userEvent.keyboard('m')
  await waitFor(() => expect(asked).toEqual([[ids[0], { assigneeId: 5 }], [ids[1], { assigneeId: 8 }]]))
})

test('nobody of one account is given a conversation of another one', async () => {
  const { ids, asked, here } = await twoAccounts()
  want(ids, { assignee: { id: 5, name: 'Dev Admin', accountId: here } })
  expect(await screen.findByText(/It belongs to another Chatwoot account/)).toBeVisible()
  expect(asked).toEqual([[ids[0], { assigneeId: 5 }]])
})

test('of conversations of two accounts, no account is taken for that of all', async () => {
  const { ids } = await twoAccounts()
  ask('assignee', ids)
  expect(await screen.findByText(/They belong to several Chatwoot accounts/)).toBeVisible()
  expect(screen.getAllByRole('option').map((one) => one.textContent)).toEqual(['Nobody'])
})

test.each([['user', 'true'], ['agent_bot', 'false']])('who has a conversation is ticked, and no bot of the same number for them: %s', async (type, ticked) => {
  const { ids } = await twoAccounts({ assignee: { id: 5, type, name: null } })
  ask('assignee', ids.slice(1))
  expect(await screen.findByRole('option', { name: /Otto Other/ })).toHaveAttribute('aria-checked', ticked)
})

test('what a bot had is nobody’s again, and not that of whoever has its number', async () => {
  const { ids, asked, there } = await twoAccounts({ assignee: { id: 5, type: 'agent_bot', name: null } })
  want(ids.slice(1), { assignee: { id: 8, name: 'Dev A.', accountId: there } })
  await userEvent.click(await screen.findByRole('button', { name: 'Undo' }))
  await waitFor(() => expect(asked.at(-1)).toEqual([ids[1], { assigneeId: null }]))
})

test('what could not be undone is undone by another try, and not something else', async () => {
  const row = aConversation()
  const refused: string[] = []
  const { asked, status } = given([row], refused)
  await screen.findByRole('status')
  want([row.id], { status: 'resolved' })
  const undo = await screen.findByRole('button', { name: 'Undo' })
  refused.push(row.id)
  await userEvent.click(undo)
  const again = await screen.findByRole('button', { name: 'Try again' })
  refused.length = 0
  await userEvent.click(again)
  await waitFor(() => expect(status(row.id)).toBe('open'))
  expect(asked.at(-1)?.[1]).toEqual({ status: 'open' })
  expect(await screen.findByText('Reopened')).toBeVisible()
})

test('who may change nothing is asked nothing, by any key', async () => {
  mayOnly('conversations:read')
  const row = aConversation()
  const { asked } = given([row])
  await screen.findByRole('status')
  select([row.id])
  onTestFinished(clearSelection)
  await userEvent.keyboard('esalptmu')
  want([row.id], { status: 'resolved' })
  ask('escalate', [row.id])
  expect(question.get()).toBeNull()
  expect(asked).toEqual([])
  expect(toasts()).toEqual([])
})

test('what is not marked as unread says so, and is asked for again', async () => {
  const row = aConversation()
  given([row])
  let told = 0
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/unread', () => {
      told += 1
      return told === 1 ? HttpResponse.json({ code: 'forbidden', detail: 'you may not' }, { status: 403 }) : new HttpResponse(null, { status: 204 })
    }),
  )
  await screen.findByRole('status')
  select([row.id])
  onTestFinished(clearSelection)
  await userEvent.keyboard('u')
  expect(await screen.findByText(/^Not marked as unread/)).toBeVisible()
  expect(screen.getByText('you may not')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(told).toBe(2))
  expect(screen.queryByText(/^Not marked/)).toBeNull()
})

test.each(['agents', 'teams', 'labels'])('that the %s to choose from did not load is said', async (what) => {
  const row = aConversation()
  given([row])
  api.use(http.untyped.get(`*/api/v1/${what}`, () => HttpResponse.json({ code: 'unavailable', detail: 'it is down' }, { status: 503 })))
  await screen.findByRole('status')
  ask(what === 'agents' ? 'assignee' : what === 'teams' ? 'team' : 'labels', [row.id])
  expect(await screen.findByText(`The ${what} did not load: it is down`)).toBeVisible()
})

test('many are marked as unread a few at a time', async () => {
  const rows = Array.from({ length: 20 }, () => aConversation())
  given(rows)
  let [under, most, marked] = [0, 0, 0]
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/unread', async () => {
      under += 1
      most = Math.max(most, under)
      await new Promise((go) => setTimeout(go, 20))
      under -= 1
      marked += 1
      return new HttpResponse(null, { status: 204 })
    }),
  )
  await screen.findByRole('status')
  select(rows.map(({ id }) => id))
  onTestFinished(clearSelection)
  await userEvent.keyboard('u')
  await waitFor(() => expect(marked).toBe(rows.length))
  expect(most).toBeLessThanOrEqual(6)
})

test('the button has the focus again once the question that it asked is closed', async () => {
  const row = aConversation()
  given([row])
  render(
    <button type="button" onClick={() => ask('priority', [row.id])}>
      Priority
    </button>,
  )
  const button = screen.getByRole('button', { name: 'Priority' })
  await screen.findByRole('status')
  await userEvent.click(button)
  await screen.findByRole('combobox')
  await userEvent.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByRole('combobox')).toBeNull())
  await waitFor(() => expect(button).toHaveFocus())
})
