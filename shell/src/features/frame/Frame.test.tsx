import { useInfiniteQuery } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'
import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { memo } from 'react'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

import { Failure } from '#api/failure.ts'
import type { Approval, Conversation, Message, Permission } from '#api/types.ts'
import { session } from '#auth/session.ts'
import { sight } from '#desk/sight.ts'
import { again } from '#live/again.ts'
import { conversationsQuery } from '#live/queries.ts'
import { api, http } from '#test/api.ts'
import { mayOnly } from '#test/may.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage, anAnnouncement, anApproval, instant, uuid } from '#test/samples.ts'
import { dismiss, toasts } from '#ui/toasts.ts'

import { Frame } from './Frame.tsx'

beforeEach(() => {
  for (const one of toasts()) dismiss(one.key)
})

function List() {
  const rows = useInfiniteQuery(conversationsQuery({ status: 'resolved' })).data
  return <p>{rows ? `${rows.length} rows` : 'Loading'}</p>
}

test('a message is told if the list on the screen does not show its conversation', async () => {
  api.use(
    http.untyped.get('*/api/v1/conversations', () =>
      HttpResponse.json({ data: [], page: { limit: 50, nextCursor: null }, position: { activity: 'e:0' } }),
    ),
    http.untyped.get('*/api/v1/chatwoot', () => HttpResponse.json({ data: [] })),
    http.untyped.get('*/api/v1/health', () => HttpResponse.json({ status: 'ok', checks: {} })),
  )
  sight.set({ first: 0, last: 0, held: false })
  onTestFinished(() => sight.set(null))
  const { live } = show(
    <Frame>
      <List />
    </Frame>,
  )
  await screen.findByText('0 rows')
  let sequence = 0
  const writes = (name: string, given: Partial<Conversation>, content = 'Hello?') => {
    sequence += 1
    const conversation = aConversation({ contact: { id: uuid(), name, thumbnail: null }, updatedAt: instant(1), ...given })
    const message = aMessage({ conversationId: conversation.id, content })
    const data = JSON.stringify(anAnnouncement({ type: 'message_created', conversation, message }))
    act(() => live.take({ event: 'message_created', id: `e:${sequence}`, data }))
  }
  act(() => live.take({ event: 'ready', id: 'e:0', data: '{}' }))
  writes('Paula Probe', { status: 'resolved' })
  expect(await screen.findByText('1 rows')).toBeVisible()
  expect(screen.queryByText(/^New message/)).toBeNull()
  writes('Otto Other', { status: 'open' })
  expect(await screen.findByText('New message from Otto Other')).toBeVisible()
  expect(screen.getByText('Hello?')).toBeVisible()
  writes('Otto Other', { status: 'open' }, '')
  expect(await screen.findByText('Attachment')).toBeVisible()
  // Below what is visible of the list.
  writes('Lena Later', { status: 'resolved', lastActivityAt: instant(-60) }, 'And now?')
  expect(await screen.findByText('2 rows')).toBeVisible()
  expect(await screen.findByText('And now?')).toBeVisible()
})

test('that approval is asked for is told until somebody has decided', async () => {
  api.use(
    http.untyped.get('*/api/v1/chatwoot', () => HttpResponse.json({ data: [] })),
    http.untyped.get('*/api/v1/health', () => HttpResponse.json({ status: 'ok', checks: {} })),
  )
  const { live } = show(<Frame>Here</Frame>)
  await screen.findByText('Here')
  const request = anApproval()
  let sequence = 0
  const told = (type: string, given: Partial<Approval> = {}) => {
    sequence += 1
    const data = JSON.stringify(anAnnouncement({ type, approval: { ...request, ...given } }))
    act(() => live.take({ event: type, id: `e:${sequence}`, data }))
  }
  act(() => live.take({ event: 'ready', id: 'e:0', data: '{}' }))
  told('approval_submitted')
  expect(await screen.findByText('Ana Beispiel asks for approval')).toBeVisible()
  told('approval_approved', { status: 'approved', decidedBy: 'Cleo' })
  expect(screen.queryByText('Ana Beispiel asks for approval')).toBeNull()
  told('approval_submitted', { status: 'approved', decidedBy: 'Cleo' })
  expect(screen.queryByText('Ana Beispiel asks for approval')).toBeNull()
})

describe('that a reply was not sent is told', () => {
  const conversation = aConversation({ contact: { id: uuid(), name: 'Carla', thumbnail: null } })
  const title = () => screen.queryByText(/^Not sent to Carla/)?.textContent
  const author = { type: 'member', id: 'dev-admin', name: 'Dev Admin' } as const
  const reply = () => aMessage({ conversationId: conversation.id, messageType: 'outgoing', author, state: 'failed' })

  async function given() {
    api.use(
      http.untyped.get('*/api/v1/chatwoot', () => HttpResponse.json({ data: [] })),
      http.untyped.get('*/api/v1/health', () => HttpResponse.json({ status: 'ok', checks: {} })),
    )
    const { live } = show(<Frame>Here</Frame>)
    await screen.findByText('Here')
    let sequence = 0
    const hears = (type: string, message: Message | null, data = {}) => {
      sequence += 1
      const told = anAnnouncement({ type, conversation, ...(message && { message }), data })
      act(() => live.take({ event: type, id: `e:${sequence}`, data: JSON.stringify(told) }))
    }
    act(() => live.take({ event: 'ready', id: 'e:0', data: '{}' }))
    return { live, hears }
  }

  test('until it is tried again, and then as one if it fails once more', async () => {
    const { hears } = await given()
    const [one, other] = [reply(), reply()]
    hears('message_state_changed', one)
    expect(title()).toBe('Not sent to Carla')
    hears('message_state_changed', { ...one, stateReason: 'no such number' })
    expect(title()).toBe('Not sent to Carla')
    hears('message_state_changed', other)
    expect(title()).toBe('Not sent to Carla, and 1 more')
    hears('message_retried', { ...other, state: 'queued' })
    expect(title()).toBe('Not sent to Carla')
    expect(screen.getByText('no such number')).toBeVisible()
    hears('message_state_changed', { ...one, state: 'sent' })
    expect(title()).toBeUndefined()
  })

  test('until somebody discards it', async () => {
    const { hears } = await given()
    const [taken, deleted] = [reply(), reply()]
    hears('message_state_changed', taken)
    hears('message_state_changed', deleted)
    hears('message_cancelled', null, { messageId: taken.id })
    expect(title()).toBe('Not sent to Carla')
    hears('message_updated', { ...deleted, deleted: true })
    expect(title()).toBeUndefined()
  })

  test('until the stream has lost its place, and with it whatever became of it', async () => {
    const { live, hears } = await given()
    hears('message_state_changed', reply())
    expect(title()).toBe('Not sent to Carla')
    act(() => live.take({ event: 'reset', id: 'f:0', data: '{}' }))
    expect(title()).toBeUndefined()
  })

  test('until it is discarded here', async () => {
    const { live } = await given()
    api.use(http.untyped.post('*/api/v1/conversations/:id/messages', () => HttpResponse.json({ code: 'invalid' }, { status: 422 })))
    vi.spyOn(live, 'look').mockReturnValue(conversation)
    act(() => ['one', 'two'].forEach((content) => live.outbox.send(conversation.id, content, false)))
    await waitFor(() => expect(title()).toBe('Not sent to Carla, and 1 more'))
    for (const left of ['Not sent to Carla', undefined]) {
      act(() => live.outbox.discard(live.outbox.of(conversation.id)[0]!))
      expect(title()).toBe(left)
    }
  })
})

test('a tab is named by its screen', async () => {
  api.use(
    http.untyped.get('*/api/v1/chatwoot', () => HttpResponse.json({ data: [] })),
    http.untyped.get('*/api/v1/health', () => HttpResponse.json({ status: 'ok', checks: {} })),
  )
  document.title = 'AXIS'
  const { router } = show(<Frame>Here</Frame>)
  await waitFor(() => expect(document.title).toBe('Inbox · AXIS'))
  for (const [place, title] of [['/approvals/7', 'Approvals · AXIS'], ['/nowhere', 'AXIS']] as const) {
    await act(() => router.navigate({ href: place }))
    await waitFor(() => expect(document.title).toBe(title))
  }
})

test('the page has the focus once the screen is gone on which something had it, and nothing loses it else', async () => {
  api.use(
    http.untyped.get('*/api/v1/chatwoot', () => HttpResponse.json({ data: [] })),
    http.untyped.get('*/api/v1/health', () => HttpResponse.json({ status: 'ok', checks: {} })),
  )
  function Screen() {
    const { pathname } = useLocation()
    return <button key={pathname}>{pathname}</button>
  }
  const { router } = show(
    <Frame>
      <Screen />
    </Frame>,
  )
  const rail = await screen.findByRole('link', { name: 'Activity' })
  act(() => rail.focus())
  await act(() => router.navigate({ href: '/approvals/7' }))
  const button = await screen.findByRole('button', { name: '/approvals/7' })
  expect(rail).toHaveFocus()
  act(() => button.focus())
  await act(() => router.navigate({ href: '/approvals/8' }))
  await screen.findByRole('button', { name: '/approvals/8' })
  await waitFor(() => expect(screen.getByRole('main')).toHaveFocus())
})

describe('once what is over the page is closed', () => {
  /** Writes in a field, and asks for the command bar. */
  async function bar() {
    api.use(
      http.untyped.get('*/api/v1/chatwoot', () => HttpResponse.json({ data: [] })),
      http.untyped.get('*/api/v1/health', () => HttpResponse.json({ status: 'ok', checks: {} })),
    )
    show(
      <Frame>
        <textarea aria-label="Words" />
      </Frame>,
    )
    const field = await screen.findByRole('textbox', { name: 'Words' })
    await userEvent.click(field)
    await userEvent.keyboard('{Control>}k{/Control}')
    await waitFor(() => expect(screen.getByRole('combobox')).toHaveFocus())
    return field
  }
  const close = async () => {
    await userEvent.keyboard('{Escape}')
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  }

  test('the field has the focus again that was left for the command bar', async () => {
    const field = await bar()
    await close()
    await waitFor(() => expect(field).toHaveFocus())
  })

  test('and that was left for what the command bar opened', async () => {
    const field = await bar()
    await userEvent.keyboard('Show keyboard shortcuts{Enter}')
    await waitFor(() => expect(screen.getByRole('dialog', { name: 'Keyboard shortcuts' })).toHaveFocus())
    await close()
    await waitFor(() => expect(field).toHaveFocus())
  })

  test('the page has it if that field is gone', async () => {
    const field = await bar()
    field.remove()
    await close()
    await waitFor(() => expect(screen.getByRole('main')).toHaveFocus())
  })

  test('the page has it if nothing had it', async () => {
    const field = await bar()
    await close()
    await waitFor(() => expect(field).toHaveFocus())
    await userEvent.click(document.body)
    expect(document.body).toHaveFocus()
    await userEvent.keyboard('{Control>}k{/Control}')
    await waitFor(() => expect(screen.getByRole('combobox')).toHaveFocus())
    await close()
    await waitFor(() => expect(screen.getByRole('main')).toHaveFocus())
  })
})

/** Somebody who is to become an operator, on a page with a field. */
function soonAnOperator(...more: Permission[]) {
  mayOnly('conversations:read')
  api.use(
    http.untyped.get('*/api/v1/chatwoot', () => HttpResponse.json({ data: [] })),
    http.untyped.get('*/api/v1/health', () => HttpResponse.json({ status: 'ok', checks: {} })),
    http.untyped.get('*/api/v1/me', () => HttpResponse.json({ id: 'ana', name: 'Ana Beispiel', permissions: ['conversations:read', 'operations:read', ...more] })),
  )
  const Mine = memo(() => <p>{session().person.may('operations:read') ? 'An operator' : 'No operator'}</p>)
  Mine.displayName = 'Mine'
  show(
    <Frame>
      <Mine />
      <textarea aria-label="Words" />
    </Frame>,
  )
}

const renewed = () => act(() => again({ error: new Failure(403, {}), refetch: () => Promise.resolve() }))

test('what somebody may shows as soon as they may it', async () => {
  soonAnOperator()
  expect(await screen.findByText('No operator')).toBeVisible()
  expect(screen.queryByRole('link', { name: 'Operations' })).toBeNull()
  await renewed()
  expect(await screen.findByText('An operator')).toBeVisible()
  expect(screen.getByRole('link', { name: 'Operations' })).toBeVisible()
})

test('but takes nobody out of the field that they write in', async () => {
  soonAnOperator('approvals:read')
  const field = await screen.findByRole('textbox', { name: 'Words' })
  await userEvent.type(field, 'We re')
  await renewed()
  await userEvent.keyboard('fund it')
  expect(field).toHaveFocus()
  expect(field).toHaveValue('We refund it')
  expect(screen.getByText('No operator')).toBeVisible()
  act(() => field.blur())
  expect(await screen.findByText('An operator')).toBeVisible()
})
