import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { useState } from 'react'
import { expect, onTestFinished, test } from 'vitest'

import type { Conversation } from '#api/types.ts'
import { clearSelection, select, selection } from '#desk/selection.ts'
import { keep } from '#live/kept.ts'
import { connectionStatus } from '#live/status.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { mayOnly } from '#test/may.ts'
import { show } from '#test/render.tsx'
import { aConversation, anAnnouncement, instant, uuid } from '#test/samples.ts'
import { styled } from '#test/styled.ts'

import { List } from './List.tsx'
import type { View } from './view.ts'

function given(rows: Conversation[]) {
  const asked: URLSearchParams[] = []
  api.use(
    http.get('/api/v1/conversations', ({ request, response }) => {
      asked.push(new URL(request.url).searchParams)
      return response(200).json({ data: rows, page: { limit: 50, nextCursor: null }, position: NOWHERE })
    }),
  )
  return asked
}

test('a row tells who, what and how urgent', async () => {
  const asked = given([
    aConversation({
      unreadCount: 12,
      priority: 'urgent',
      labels: ['billing', 'refund', 'vip'],
      assignee: { id: 4, type: 'user', name: 'Ana Beispiel' },
      lastMessage: { id: 'm', content: 'Where is it?', messageType: 'incoming', private: false, createdAt: instant(0) },
    }),
  ])
  show(<List view={{}} openId={undefined} />)
  const row = await screen.findByRole('link', { name: /Paula Probe/ })
  for (const words of ['Where is it?', '9+', '12 unread', 'Urgent priority', 'billing', 'refund', '+1', 'Assigned to Ana Beispiel']) {
    expect(row).toHaveTextContent(words)
  }
  expect(row).not.toHaveTextContent('vip')
  expect(asked[0]?.get('status')).toBe('open')
})

test('what a row shows of a message runs as it was written, whatever is said of it', async () => {
  const lastMessage = { id: 'm', content: 'أين طردي؟', messageType: 'outgoing', private: false, createdAt: instant(0) }
  const contact = { id: uuid(), name: 'ليلى', thumbnail: null }
  given([aConversation({ lastMessage, contact })])
  show(<List view={{}} openId={undefined} />)
  expect(await screen.findByText(/^ليلى/)).toHaveAttribute('dir', 'auto')
  const shown = await screen.findByText(/أين طردي؟/)
  expect(shown).toHaveAttribute('dir', 'auto')
  // Its own direction, or it would be that of the whole.
  for (const word of shown.children) expect(word.ariaHidden === 'true' || word.getAttribute('dir') === 'ltr').toBe(true)
})

test('a row tells who writes, and whether the customer will read it', async () => {
  const here = aConversation()
  given([here])
  const { live } = show(<List view={{}} openId={undefined} />)
  const row = await screen.findByRole('link', { name: /Paula Probe/ })
  const hear = (told: object) =>
    act(() => live.take({ event: 'typing', id: '', data: JSON.stringify({ type: 'typing', conversationId: here.id, actorType: 'member', actorId: 'ana', name: 'Ana Beispiel', on: true, ...told }) }))
  hear({ private: true })
  expect(row).toHaveTextContent('Ana Beispiel is writing a note…')
  hear({ private: false })
  expect(row).toHaveTextContent('Ana Beispiel is replying…')
})

test('a row is marked as its conversation is, whatever was written last, and however often that changes', async () => {
  const lastMessage = { id: 'm', content: 'Hello?', messageType: 'incoming', private: false, createdAt: instant(0) }
  const other = aConversation({ contact: { id: uuid(), name: 'Otto Other', thumbnail: null }, replyFailed: false, approvalPending: false })
  const here = aConversation({ lastMessage, replyFailed: true, approvalPending: true })
  given([here, other])
  const { live } = show(<List view={{}} openId={undefined} />)
  const row = await screen.findByRole('link', { name: /Paula Probe.*A message was not sent.*Waiting for approval/ })
  expect(screen.getByRole('link', { name: /Otto Other/ })).not.toHaveTextContent(/not sent|Waiting/)
  let position = 0
  // A mark comes and goes without a new version of the row.
  const hear = (now: object) =>
    act(() => live.take({ event: 'message_retried', id: `e:${(position += 1)}`, data: JSON.stringify(anAnnouncement({ conversation: { ...here, ...now } })) }))
  hear({ replyFailed: false })
  await waitFor(() => expect(row).not.toHaveTextContent('not sent'))
  expect(row).toHaveTextContent('Waiting for approval')
  hear({ replyFailed: true, approvalPending: false })
  await waitFor(() => expect(row).toHaveTextContent('A message was not sent'))
  expect(row).not.toHaveTextContent('Waiting')
  // As a program tells it that knows of no marks.
  hear({ replyFailed: undefined, approvalPending: undefined })
  await waitFor(() => expect(row).not.toHaveTextContent(/not sent|Waiting/))
})

test('a last message that failed marks no row by itself: somebody may have seen to it', async () => {
  given([aConversation({ lastMessage: { id: 'm', content: 'Hm', messageType: 'outgoing', private: false, state: 'failed', createdAt: instant(0) } })])
  show(<List view={{}} openId={undefined} />)
  expect(await screen.findByRole('link', { name: /Paula Probe/ })).not.toHaveTextContent('not sent')
})

test('a row says that something written there waits for whoever wrote it, whatever page they wrote it on', async () => {
  const [here, other] = [aConversation(), aConversation({ contact: { id: uuid(), name: 'Otto Other', thumbnail: null } })]
  given([here, other])
  const clientId = uuid()
  keep({
    clientId, conversationId: here.id, content: 'On its way', private: false, createdAt: instant(1), state: 'overtaken', reason: null,
    seen: null, arrived: [], next: null, files: [], progress: 0,
  })
  const { live } = show(<List view={{}} openId={undefined} />)
  onTestFinished(live.outbox.start())
  expect(await screen.findByRole('link', { name: /Paula Probe.*Your message was not sent/ })).toBeVisible()
  expect(screen.getByRole('link', { name: /Otto Other/ })).not.toHaveTextContent('not sent')
  act(() => live.outbox.discard(live.outbox.of(here.id)[0]!))
  expect(screen.getByRole('link', { name: /Paula Probe/ })).not.toHaveTextContent('not sent')
})

test('a key that leaves what an input method offers does not leave the search', async () => {
  given([aConversation()])
  show(<List view={{}} openId={undefined} />)
  const field = await screen.findByRole('searchbox', { name: 'Search conversations' })
  await userEvent.type(field, '返金')
  fireEvent.keyDown(field, { key: 'Escape', isComposing: true })
  expect(field).toHaveValue('返金')
  fireEvent.keyDown(field, { key: 'Escape' })
  expect(field).toHaveValue('')
})

test('an empty list says why it is empty', async () => {
  given([])
  show(<List view={{ label: 'vip' }} openId={undefined} />)
  expect(await screen.findByText('No conversations match these filters')).toBeVisible()
})

test('a search that finds nothing in some conversations can be widened to all', async () => {
  given([])
  const { router, unmount } = show(<List view={{ search: 'parcel', label: 'vip' }} openId={undefined} />)
  expect(await screen.findByText(/of open conversations, within the filters above/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Search everything' }))
  await waitFor(() => expect(router.state.location.search).toEqual({ search: 'parcel', status: 'any' }))
  unmount()
  show(<List view={{ search: 'parcel', status: 'any' }} openId={undefined} />)
  expect(await screen.findByText(/were searched\.$/)).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Search everything' })).toBeNull()
})

test('a row says which status it has, unless it is open', async () => {
  given([aConversation(), aConversation({ status: 'resolved', contact: { id: uuid(), name: 'Otto Other', thumbnail: null } })])
  show(<List view={{ status: 'any' }} openId={undefined} />)
  expect(await screen.findByRole('link', { name: /Otto Other.*Resolved/ })).toBeVisible()
  expect(screen.getByRole('link', { name: /Paula Probe/ })).not.toHaveTextContent('Open')
})

test('how many there are is said in words, and nothing before they are here', async () => {
  given([aConversation(), aConversation()])
  show(<List view={{}} openId={undefined} />)
  await screen.findByRole('status', { name: 'Loading conversations' })
  expect(screen.queryByText(/conversations loaded/)).toBeNull()
  expect(await screen.findByText('2 conversations loaded')).toBeInTheDocument()
})

test('what comes of other filters is announced once it is there, and no row that joins or leaves', async () => {
  const rows = [aConversation(), aConversation()]
  given(rows)
  const { live } = show(<Filtered />)
  const told = (await screen.findAllByRole('status')).find(({ ariaLabel }) => ariaLabel === null)!
  expect(told).toBeEmptyDOMElement()
  await waitFor(() => expect(told).toHaveTextContent(/^2 conversations$/))
  const resolved = { ...rows[0]!, status: 'resolved', updatedAt: instant(5) }
  act(() => live.take({ event: 'conversation_updated', id: 'e:1', data: JSON.stringify(anAnnouncement({ conversation: resolved })) }))
  expect(await screen.findByText('1 conversations loaded')).toBeInTheDocument()
  expect(told).toHaveTextContent(/^2 conversations$/)
  given([])
  await userEvent.click(screen.getByRole('button', { name: 'Only vip' }))
  await waitFor(() => expect(told).toHaveTextContent(/^No conversations$/))
})

/** A list with a button that changes its filters. */
function Filtered() {
  const [view, setView] = useState<View>({})
  return (
    <>
      <button type="button" onClick={() => setView({ label: 'vip' })}>
        Only vip
      </button>
      <List view={view} openId={undefined} />
    </>
  )
}

test('a list that does not load says so, and can be asked for again', async () => {
  let broken = true
  api.use(
    http.untyped.get('*/api/v1/conversations', () =>
      broken
        ? HttpResponse.json({ detail: 'the database does not answer at the moment; try again', code: 'unavailable' }, { status: 503 })
        : HttpResponse.json({ data: [aConversation()], page: { limit: 50, nextCursor: null }, position: NOWHERE }),
    ),
  )
  show(<List view={{}} openId={undefined} />)
  expect(await screen.findByText(/the database does not answer/)).toBeVisible()
  broken = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('link', { name: /Paula Probe/ })).toBeVisible()
})

test('further conversations that do not load say so, and are asked for again', async () => {
  let broken = true
  const further = aConversation({ contact: { id: uuid(), name: 'Otto Other', thumbnail: null } })
  api.use(
    http.untyped.get('*/api/v1/conversations', ({ request }) => {
      const cursor = new URL(request.url).searchParams.get('cursor')
      if (cursor === null) return HttpResponse.json({ data: [aConversation()], page: { limit: 50, nextCursor: 'more' }, position: NOWHERE })
      if (broken) return HttpResponse.json({ code: 'unavailable', detail: 'not now' }, { status: 503 })
      return HttpResponse.json({ data: [further], page: { limit: 50, nextCursor: null }, position: NOWHERE })
    }),
  )
  show(<List view={{}} openId={undefined} />)
  const again = await screen.findByRole('button', { name: 'More conversations did not load. Try again' })
  expect(screen.getByRole('link', { name: /Paula Probe/ })).toBeVisible()
  broken = false
  await userEvent.click(again)
  expect(await screen.findByRole('link', { name: /Otto Other/ })).toBeVisible()
  expect(screen.queryByRole('button', { name: /did not load/ })).toBeNull()
})

test.each(['more', null])('that the newest did not load is said so, and not as if others had not (%s)', async (nextCursor) => {
  // So many that no others are wanted yet.
  const rows = Array.from({ length: 50 }, () => aConversation())
  const asked: (string | null)[] = []
  let broken = false
  api.use(
    http.untyped.get('*/api/v1/conversations', ({ request }) => {
      asked.push(new URL(request.url).searchParams.get('cursor'))
      if (broken) return HttpResponse.json({ code: 'unavailable', detail: 'not now' }, { status: 503 })
      return HttpResponse.json({ data: rows, page: { limit: 50, nextCursor }, position: NOWHERE })
    }),
  )
  const { live } = show(<List view={{}} openId={undefined} />)
  await screen.findAllByRole('link', { name: /Paula Probe/ })
  broken = true
  act(() => live.take({ event: 'reset', id: 'f:0', data: '{}' }))
  const again = await screen.findByRole('button', { name: 'Newer conversations did not load. Try again' })
  expect(screen.queryByText(/More conversations/)).toBeNull()
  broken = false
  fireEvent.click(again)
  await waitFor(() => expect(again).not.toBeInTheDocument())
  expect(asked).toEqual([null, null, null])
})

test('further conversations are not asked for without a network, and are once it is back', async () => {
  const asked: (string | null)[] = []
  api.use(
    http.untyped.get('*/api/v1/conversations', ({ request }) => {
      const cursor = new URL(request.url).searchParams.get('cursor')
      asked.push(cursor)
      return HttpResponse.json({ data: [aConversation()], page: { limit: 50, nextCursor: cursor === null ? 'more' : null }, position: NOWHERE })
    }),
  )
  onTestFinished(() => connectionStatus.set({ state: 'connecting', heardAt: null }))
  connectionStatus.set({ state: 'offline', heardAt: null })
  show(<List view={{}} openId={undefined} />)
  await screen.findByRole('link', { name: /Paula Probe/ })
  expect(asked).toEqual([null])
  act(() => connectionStatus.set({ state: 'live', heardAt: 1 }))
  await waitFor(() => expect(asked).toEqual([null, 'more']))
})

test('what is selected is so as long as the list is seen', async () => {
  const rows = [aConversation(), aConversation()]
  given(rows)
  const { unmount } = show(<List view={{}} openId={undefined} />)
  await screen.findAllByRole('link', { name: /Paula Probe/ })
  act(() => select(rows.map(({ id }) => id)))
  expect(screen.getByText('2 selected')).toBeVisible()
  unmount()
  expect(selection.get()).toEqual([])
})

test('a row can be selected where nothing hovers', async () => {
  given([aConversation()])
  show(<List view={{}} openId={undefined} />)
  const { opacity } = await styled(await screen.findByRole('checkbox', { name: 'Select Paula Probe' }))
  expect(opacity).not.toMatch(/^0/)
})

test('keys go on from the row whose box was ticked', async () => {
  const names = ['Ada', 'Ben', 'Cleo', 'Dora']
  const rows = names.map((name) => aConversation({ contact: { id: uuid(), name, thumbnail: null } }))
  given(rows)
  show(<List view={{}} openId={undefined} />)
  onTestFinished(clearSelection)
  await userEvent.click(await screen.findByRole('checkbox', { name: 'Select Cleo' }))
  await userEvent.keyboard('x')
  expect(selection.get()).toEqual([])
  await userEvent.keyboard('j')
  expect(screen.getByRole('link', { name: /Dora/ })).toHaveFocus()
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select Cleo' }))
  await userEvent.keyboard('k')
  expect(screen.getByRole('link', { name: /Ben/ })).toHaveFocus()
})

test('what has left the list is not selected any more', async () => {
  const rows = [aConversation(), aConversation()]
  given(rows)
  const { live } = show(<List view={{}} openId={undefined} />)
  await screen.findAllByRole('link', { name: /Paula Probe/ })
  act(() => select(rows.map(({ id }) => id)))
  const resolved = { ...rows[0]!, status: 'resolved', updatedAt: instant(5) }
  act(() => live.take({ event: 'conversation_updated', id: 'e:1', data: JSON.stringify(anAnnouncement({ conversation: resolved })) }))
  expect(await screen.findByText('1 selected')).toBeVisible()
  expect(selection.get()).toEqual([rows[1]!.id])
})

test('who may change nothing has nothing to select', async () => {
  mayOnly('conversations:read')
  given([aConversation()])
  show(<List view={{}} openId={undefined} />)
  const row = await screen.findByRole('link', { name: /Paula Probe/ })
  expect(screen.queryByRole('checkbox')).toBeNull()
  act(() => row.focus())
  await userEvent.keyboard('x')
  expect(selection.get()).toEqual([])
})

test('a number that is somebody else in another account is offered by both names', async () => {
  given([])
  const agent = (accountId: string, chatwootId: number, name: string, you = false) => ({ accountId, chatwootId, name, you, updatedAt: instant(0) })
  api.use(
    http.untyped.get('*/api/v1/agents', () =>
      HttpResponse.json({ data: [agent('1', 4, 'Ana Beispiel'), agent('1', 5, 'Dev Admin', true), agent('2', 4, 'Otto Other'), agent('2', 5, 'Paula Probe')] }),
    ),
  )
  show(<List view={{ assigneeId: '4' }} openId={undefined} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Assignee: Ana Beispiel / Otto Other' }))
  const names = (await screen.findAllByRole('menuitemradio')).map((one) => one.textContent)
  expect(names).toEqual(['Anybody or nobody', 'Me', 'Nobody', 'Anybody', 'Ana Beispiel / Otto Other', 'Dev Admin / Paula Probe'])
})

test('filters offer what the catalogue has, whatever is loaded', async () => {
  given([])
  const account = { accountId: '1', updatedAt: instant(0) }
  api.use(
    http.untyped.get('*/api/v1/agents', () =>
      HttpResponse.json({
        data: [
          { ...account, chatwootId: 4, name: 'Ana Beispiel', you: false },
          { ...account, chatwootId: 5, name: 'Dev Admin', you: true },
        ],
      }),
    ),
    http.untyped.get('*/api/v1/teams', () => HttpResponse.json({ data: [{ ...account, chatwootId: 2, name: 'Returns' }] })),
    http.untyped.get('*/api/v1/labels', () => HttpResponse.json({ data: [{ ...account, chatwootId: 1, title: 'vip' }] })),
    http.untyped.get('*/api/v1/inboxes', () =>
      HttpResponse.json({ data: [{ ...account, chatwootId: 3, name: 'Shop', channel: 'Channel::WebWidget' }] }),
    ),
  )
  const { router } = show(<List view={{ teamId: 2 }} openId={undefined} />)
  expect(await screen.findByRole('button', { name: 'Team: Returns' })).toBeVisible()
  expect(screen.getByRole('heading', { name: 'Returns' })).toBeVisible()
  const offered = async (chip: RegExp) => {
    await userEvent.click(screen.getByRole('button', { name: chip }))
    const names = (await screen.findAllByRole('menuitemradio')).map((one) => one.textContent)
    await userEvent.keyboard('{Escape}')
    return names
  }
  expect(await offered(/^Assignee/)).toEqual(['Anybody or nobody', 'Me', 'Nobody', 'Anybody', 'Ana Beispiel', 'Dev Admin'])
  expect(await offered(/^Label/)).toEqual(['Any label', 'vip'])
  expect(await offered(/^Channel/)).toEqual(['Any channel', 'Shop (Website)'])
  await userEvent.click(screen.getByRole('button', { name: /^Assignee/ }))
  await userEvent.click(await screen.findByRole('menuitemradio', { name: 'Me' }))
  await waitFor(() => expect(router.state.location.search).toMatchObject({ teamId: 2, assigneeId: 'me' }))
})

test('who is no agent that the API knows is told why nothing is assigned to them', async () => {
  const asked = given([])
  api.use(
    http.untyped.get('*/api/v1/agents', () =>
      HttpResponse.json({ data: [{ accountId: '1', chatwootId: 4, name: 'Ana Beispiel', you: false, updatedAt: instant(0) }] }),
    ),
  )
  show(<List view={{ assigneeId: 'me' }} openId={undefined} />)
  expect(await screen.findByText('No agent in Chatwoot has your e-mail address')).toBeVisible()
  expect(asked[0]?.get('assigneeId')).toBe('me')
})
