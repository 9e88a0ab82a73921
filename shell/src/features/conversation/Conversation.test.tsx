import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

import type { CreateMessage, Message } from '#api/types.ts'
import { chooseFiles } from '#live/chosen.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { mayOnly } from '#test/may.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage, anAnnouncement, anApproval, instant, uuid } from '#test/samples.ts'

import { Conversation } from './Conversation.tsx'
import { Reading } from './Reading.tsx'

// Another one each time: drafts live as long as the page.
let HERE = aConversation()
beforeEach(() => {
  HERE = aConversation()
})

function given(messages: Message[]) {
  api.use(
    http.get('/api/v1/conversations/{id}', ({ response }) => response(200).json(HERE)),
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: messages, page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
    http.untyped.get('*/api/v1/activity', () =>
      HttpResponse.json({ data: [], page: { limit: 50, nextCursor: null }, position: NOWHERE }),
    ),
  )
}

const RECEIPT = { id: uuid(), url: '/api/v1/attachments/1', fileName: 'receipt.txt', fileType: 'file', contentType: 'text/plain' }

/** Written here, and not with Chatwoot yet. */
const mine = (message: Partial<Message>) =>
  aMessage({ chatwootId: null, messageType: 'outgoing', conversationId: HERE.id, sender: { type: 'user', name: 'Ana Beispiel' }, ...message })

test('states are told in words', async () => {
  given([
    mine({ content: 'one', createdAt: instant(1), state: 'failed', stateReason: 'Chatwoot refused the attachment' }),
    mine({ content: 'two', createdAt: instant(2), state: 'unknown' }),
    mine({ content: 'three', createdAt: instant(3), state: 'retrying', attempts: 2, maxAttempts: 6, stateReason: 'Chatwoot is busy' }),
    mine({ content: 'four', createdAt: instant(4), state: 'read' }),
    mine({ content: 'five', createdAt: instant(5), private: true, state: 'sent' }),
    mine({ content: null, createdAt: instant(6), deleted: true }),
  ])
  show(<Conversation id={HERE.id} />)
  const log = within(await screen.findByRole('log'))
  expect(log.getByText('Not sent: Chatwoot refused the attachment')).toBeVisible()
  expect(log.getByText('Chatwoot did not answer; checking')).toBeVisible()
  expect(log.getByText(/Trying again \(3 of 6\): Chatwoot is busy/)).toBeVisible()
  expect(log.getByText('Read')).toBeVisible()
  expect(log.getByText(/Only your team sees this/)).toBeVisible()
  expect(log.getByText('This message was deleted')).toBeVisible()
})

test('what was put off once more is not said to be tried now', async () => {
  const at = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString()
  given([
    mine({ content: 'one', createdAt: instant(1), state: 'retrying', nextAttemptAt: at(-60), stateReason: 'Chatwoot does not answer' }),
    mine({ content: 'two', createdAt: instant(2), state: 'retrying', nextAttemptAt: at(-1), stateReason: 'Chatwoot is busy' }),
  ])
  show(<Conversation id={HERE.id} />)
  const log = within(await screen.findByRole('log'))
  expect(await log.findByText('Trying again: Chatwoot does not answer')).toBeVisible()
  expect(await log.findByText('Trying again now')).toBeVisible()
})

test('what is not shown here is a way away in Chatwoot', async () => {
  HERE = aConversation({ chatwootUrl: 'https://chat.example.com/app/accounts/1/conversations/7' })
  given([aMessage({ conversationId: HERE.id, content: null, contentType: 'cards' })])
  show(<Conversation id={HERE.id} />)
  const log = within(await screen.findByRole('log'))
  expect(log.getByRole('link', { name: 'Open in Chatwoot' })).toHaveAttribute('href', HERE.chatwootUrl)
  const opened = vi.spyOn(window, 'open').mockReturnValue(null)
  await userEvent.click(screen.getByRole('button', { name: 'More' }))
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Open in Chatwoot' }))
  expect(opened).toHaveBeenCalledWith(HERE.chatwootUrl, '_blank', 'noopener')
  opened.mockRestore()
})

test('a failed reply can be sent again', async () => {
  const failed = mine({ content: 'again', createdAt: instant(1), state: 'failed', attempts: 2 })
  given([failed])
  api.use(
    http.untyped.post('*/messages/:messageId/retry', () =>
      HttpResponse.json({ ...failed, state: 'sent', updatedAt: instant(9) }, { status: 202 }),
    ),
  )
  show(<Conversation id={HERE.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Retry' }))
  expect(await screen.findByText('Sent')).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Retry' })).toBeNull()
})

test('a reply that has not left can be taken back, and its text is not lost', async () => {
  given([mine({ content: 'too early', createdAt: instant(1), state: 'queued' })])
  api.use(http.untyped.post('*/messages/:messageId/cancel', () => new HttpResponse(null, { status: 204 })))
  show(<Conversation id={HERE.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Undo' }))
  expect(await screen.findByText('No messages yet')).toBeVisible()
  expect(screen.getByRole('textbox', { name: 'Reply' })).toHaveValue('too early')
})

test('its text is not lost either if the answer is, and others take its place', async () => {
  const message = mine({ content: 'too early', createdAt: instant(1), state: 'queued' })
  given([message])
  const keys: (string | null)[] = []
  const { live } = show(<Conversation id={HERE.id} />)
  api.use(
    http.untyped.post('*/messages/:messageId/cancel', ({ request }) => {
      keys.push(request.headers.get('idempotency-key'))
      const announcement = anAnnouncement({ type: 'message_cancelled', conversation: HERE, data: { messageId: message.id } })
      act(() => live.take({ event: 'message_cancelled', id: `e:${keys.length}`, data: JSON.stringify(announcement) }))
      return keys.length === 1 ? HttpResponse.error() : HttpResponse.json({ code: 'not-found' }, { status: 404 })
    }),
  )
  await userEvent.click(await screen.findByRole('button', { name: 'Undo' }))
  expect(await screen.findByText('No messages yet')).toBeVisible()
  await waitFor(() => expect(screen.getByRole('textbox', { name: 'Reply' })).toHaveValue('too early'))
  expect(keys).toEqual([expect.stringMatching(/.{36}/), keys[0]])
})

test('a network that goes meanwhile is waited for, and the text is not lost', async () => {
  given([mine({ content: 'too early', createdAt: instant(1), state: 'queued' })])
  const online = vi.spyOn(navigator, 'onLine', 'get')
  let tries = 0
  api.use(
    http.untyped.post('*/messages/:messageId/cancel', () => {
      tries += 1
      online.mockReturnValue(tries > 1)
      return tries === 1 ? HttpResponse.error() : new HttpResponse(null, { status: 204 })
    }),
  )
  const waits = vi.spyOn(window, 'addEventListener')
  show(<Conversation id={HERE.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Undo' }))
  await waitFor(() => expect(waits).toHaveBeenCalledWith('online', expect.anything(), { once: true }))
  expect(tries).toBe(1)
  online.mockReturnValue(true)
  act(() => void window.dispatchEvent(new Event('online')))
  await waitFor(() => expect(screen.getByRole('textbox', { name: 'Reply' })).toHaveValue('too early'))
  expect(tries).toBe(2)
})

test('what was taken back elsewhere goes, and its text does not come here too', async () => {
  given([mine({ content: 'too early', createdAt: instant(1), state: 'queued' })])
  api.use(http.untyped.post('*/messages/:messageId/cancel', () => HttpResponse.json({ code: 'not-found' }, { status: 404 })))
  show(<Conversation id={HERE.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Undo' }))
  expect(await screen.findByText('No messages yet')).toBeVisible()
  expect(screen.getByRole('textbox', { name: 'Reply' })).toHaveValue('')
})

test('what failed can be written anew, or discarded', async () => {
  const one = mine({ content: 'one', createdAt: instant(1), state: 'failed', attempts: 1 })
  const two = mine({ content: 'two', createdAt: instant(2), state: 'failed', attempts: 1 })
  given([one, two])
  const cancelled: string[] = []
  api.use(
    http.untyped.post('*/messages/:messageId/cancel', ({ params }) => {
      cancelled.push(String(params.messageId))
      return new HttpResponse(null, { status: 204 })
    }),
  )
  show(<Conversation id={HERE.id} />)
  await userEvent.click((await screen.findAllByRole('button', { name: 'Edit and resend' }))[0]!)
  const field = await screen.findByRole('textbox', { name: 'Reply' })
  await waitFor(() => expect(field).toHaveValue('one'))
  await userEvent.click(screen.getByRole('button', { name: 'Discard' }))
  expect(await screen.findByText('No messages yet')).toBeVisible()
  expect(field).toHaveValue('one')
  expect(cancelled).toEqual([one.id, two.id])
})

test('what failed with files is written anew with them', async () => {
  given([mine({ content: 'with this', createdAt: instant(1), state: 'failed', attempts: 1, attachments: [RECEIPT] })])
  let there = false
  const cancelled: string[] = []
  api.use(
    http.untyped.get('*/api/v1/attachments/:id', () => (there ? HttpResponse.text('Two tents') : new HttpResponse(null, { status: 404 }))),
    http.untyped.post('*/messages/:messageId/cancel', ({ params }) => {
      cancelled.push(String(params.messageId))
      return new HttpResponse(null, { status: 204 })
    }),
  )
  show(<Conversation id={HERE.id} />)
  // A file that cannot be had would be lost: then nothing is taken back.
  await userEvent.click(await screen.findByRole('button', { name: 'Edit and resend' }))
  expect(await within(screen.getByRole('log')).findByRole('alert')).toBeVisible()
  expect(cancelled).toEqual([])
  there = true
  await userEvent.click(screen.getByRole('button', { name: 'Edit and resend' }))
  expect(await screen.findByRole('list', { name: 'Attached files' })).toHaveTextContent('receipt.txt')
  expect(screen.getByRole('textbox', { name: 'Reply' })).toHaveValue('with this')
  expect(cancelled).toHaveLength(1)
})

test('what has no room beside the files already chosen is not taken back', async () => {
  given([mine({ content: 'with this', createdAt: instant(1), state: 'failed', attempts: 1, attachments: [RECEIPT] })])
  api.use(http.untyped.get('*/api/v1/attachments/:id', () => HttpResponse.text('Two tents')))
  show(<Conversation id={HERE.id} />)
  act(() => void chooseFiles(HERE.id, 'reply', Array.from({ length: 15 }, (_, number) => new File(['x'], `${number}.txt`))))
  await userEvent.click(await screen.findByRole('button', { name: 'Edit and resend' }))
  expect(await within(screen.getByRole('log')).findByRole('alert')).toHaveTextContent('“receipt.txt” was not added: a message can have at most 15 files')
  expect(screen.getByText('with this')).toBeVisible()
})

test('beside an approval, what is written anew is so in its conversation, with its files', async () => {
  given([mine({ content: 'with this', private: true, createdAt: instant(1), state: 'failed', attempts: 1, attachments: [RECEIPT] })])
  api.use(
    http.untyped.get('*/api/v1/attachments/:id', () => HttpResponse.text('Two tents')),
    http.untyped.post('*/messages/:messageId/cancel', () => new HttpResponse(null, { status: 204 })),
  )
  const { router } = show(<Reading id={HERE.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Edit and resend' }))
  await waitFor(() => expect(router.state.location.pathname).toBe(`/inbox/${HERE.id}`))
  // What was begun on one page is on the next.
  const { live } = show(<Conversation id={HERE.id} />)
  onTestFinished(live.drafts.start())
  expect(await screen.findByRole('textbox', { name: 'Note' })).toHaveValue('with this')
  expect(screen.getByRole('list', { name: 'Attached files' })).toHaveTextContent('receipt.txt')
})

test('whose a message is, its author says, whatever Chatwoot calls them', async () => {
  const support = { type: 'user', id: 4, name: 'Support' }
  const by = (id: string, name: string) => ({ chatwootId: 5, state: 'sent' as const, sender: support, author: { type: 'member', id, name } })
  given([
    mine({ content: 'mine, from another browser', createdAt: instant(1), ...by('dev-admin', 'Dev Admin') }),
    mine({ content: 'hers', createdAt: instant(2), ...by('ana', 'Ana Beispiel') }),
  ])
  show(<Conversation id={HERE.id} />)
  const log = within(await screen.findByRole('log'))
  expect(log.getByText('Ana Beispiel')).toBeVisible()
  expect(log.queryByText('Support')).toBeNull()
  expect(log.queryByText('Dev Admin')).toBeNull()
  expect(log.getAllByRole('button', { name: 'Delete message' })).toHaveLength(1)
})

test('of what may have arrived Chatwoot can be asked now', async () => {
  const lost = mine({ content: 'lost?', createdAt: instant(1), state: 'unknown', attempts: 1 })
  given([lost])
  api.use(
    http.untyped.post('*/messages/:messageId/retry', () =>
      HttpResponse.json({ ...lost, state: 'sent', updatedAt: instant(9) }, { status: 202 }),
    ),
  )
  show(<Conversation id={HERE.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Check now' }))
  expect(await screen.findByText('Sent')).toBeVisible()
})

test("one's own message can be deleted, once it is confirmed; nobody else's can", async () => {
  const own = mine({ chatwootId: 5, content: 'a slip', createdAt: instant(1), state: 'sent', sender: { type: 'member', name: 'Dev Admin' } })
  given([own, mine({ content: 'by Ana', createdAt: instant(2), state: 'sent' })])
  api.use(
    http.untyped.delete('*/messages/:messageId', () =>
      HttpResponse.json({ ...own, content: null, deleted: true, updatedAt: instant(9) }, { status: 202 }),
    ),
  )
  show(<Conversation id={HERE.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Delete message' }))
  const dialog = within(screen.getByRole('dialog', { name: 'Delete this message?' }))
  await userEvent.click(dialog.getByRole('button', { name: 'Delete' }))
  expect(await screen.findByText('This message was deleted')).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Delete message' })).toBeNull()
})

test('markup in a message is text, and only addresses of the web are links', async () => {
  given([aMessage({ conversationId: HERE.id, content: '<img src=x onerror=alert(1)> javascript:alert(1) https://shop.example/a?b=1.' })])
  show(<Conversation id={HERE.id} />)
  expect(await screen.findByText(/<img src=x/)).toBeVisible()
  const log = screen.getByRole('log')
  expect(log.querySelector('img')).toBeNull()
  expect(within(log).getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(['https://shop.example/a?b=1'])
})

test('a reply shows at once, is sent once, and becomes the message of the API', async () => {
  given([])
  const bodies: CreateMessage[] = []
  let answer: () => void = () => undefined
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', async ({ request }) => {
      const body = (await request.json()) as CreateMessage
      bodies.push(body)
      await new Promise<void>((resolve) => (answer = resolve))
      return HttpResponse.json(mine({ content: body.content, clientId: body.clientId ?? null, state: 'sent' }), { status: 201 })
    }),
  )
  show(<Conversation id={HERE.id} />)
  const field = await screen.findByRole('textbox', { name: 'Reply' })
  await screen.findByText('No messages yet')
  await userEvent.type(field, 'On its way{Control>}{Enter}{/Control}')
  expect(field).toHaveValue('')
  expect(await within(await screen.findByRole('log')).findByText('Sending')).toBeInTheDocument()
  await waitFor(() => expect(bodies).toHaveLength(1))
  answer()
  expect(await screen.findByText('Sent')).toBeVisible()
  expect(screen.getAllByText('On its way')).toHaveLength(1)
  expect(bodies).toHaveLength(1)
})

test('who may only read sees how it is, and has nothing to press', async () => {
  mayOnly('conversations:read')
  given([mine({ content: 'one', createdAt: instant(1), state: 'failed' })])
  show(<Conversation id={HERE.id} />)
  await screen.findByText('Not sent')
  expect(screen.getAllByText('Open').length).toBeGreaterThan(0)
  const names = screen.getAllByRole('button').map((one) => one.getAttribute('aria-label') ?? one.textContent)
  expect(names.filter((name) => /status|priority|resolve|snooze|escalate|assign|retry|discard|edit|send/i.test(name))).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'More' }))
  expect((await screen.findAllByRole('menuitem')).map((one) => one.textContent)).toEqual(['Copy link'])
})

test('a reply that the API cannot keep is taken back to be edited', async () => {
  given([])
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ code: 'no-storage', detail: 'there is no room' }, { status: 503 }),
    ),
  )
  show(<Conversation id={HERE.id} />)
  await screen.findByText('No messages yet')
  const field = screen.getByRole('textbox', { name: 'Reply' })
  await userEvent.type(field, 'On its way{Control>}{Enter}{/Control}')
  expect(await screen.findByText('Trying again: there is no room')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Edit' }))
  await waitFor(() => expect(field).toHaveValue('On its way'))
  expect(screen.getByText('No messages yet')).toBeVisible()
})

test('a draft stays, each kind its own', async () => {
  given([])
  show(<Conversation id={HERE.id} />)
  await userEvent.type(await screen.findByRole('textbox', { name: 'Reply' }), 'to the customer')
  await userEvent.click(screen.getByRole('button', { name: 'Note' }))
  const note = screen.getByRole('textbox', { name: 'Note' })
  expect(note).toHaveValue('')
  await userEvent.type(note, 'to the team')
  expect(screen.getByRole('button', { name: 'Add note' })).toBeEnabled()
  await userEvent.click(screen.getByRole('button', { name: 'Reply' }))
  expect(screen.getByRole('textbox', { name: 'Reply' })).toHaveValue('to the customer')
})

test('a conversation that is not there says so', async () => {
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', () => HttpResponse.json({ code: 'not-found' }, { status: 404 })),
    http.untyped.get('*/api/v1/conversations/:id/messages', () => HttpResponse.json({}, { status: 404 })),
  )
  show(<Conversation id={HERE.id} />)
  expect(await screen.findByText('This conversation does not exist')).toBeVisible()
})

describe('whoever reads further up', () => {
  /** Scrolled away from the end of a thread; what tells it of something, and whether it was scrolled since. */
  async function scrolledUp() {
    given([aMessage({ conversationId: HERE.id, content: 'Hello?', createdAt: instant(1) })])
    const page = show(<Conversation id={HERE.id} />)
    await screen.findByText('Hello?')
    const log = screen.getByRole('log')
    Object.defineProperty(log, 'scrollHeight', { value: 5_000 })
    fireEvent.scroll(log)
    expect(screen.getByRole('button', { name: 'Newest' })).toBeVisible()
    let sequence = 0
    const hear = (message: Message) => {
      sequence += 1
      page.live.take({ event: 'message_created', id: `e:${sequence}`, data: JSON.stringify(anAnnouncement({ type: 'message_created', message })) })
    }
    return { hear, scrolled: vi.spyOn(log, 'scrollTo') }
  }

  test('is told how many messages came, however quickly', async () => {
    const { hear } = await scrolledUp()
    const incoming = (second: number) => aMessage({ conversationId: HERE.id, content: `line ${second}`, createdAt: instant(second) })
    act(() => [2, 3, 4].forEach((second) => hear(incoming(second))))
    expect(await screen.findByRole('button', { name: '3 new' })).toBeVisible()
    act(() => hear(incoming(5)))
    expect(await screen.findByRole('button', { name: '4 new' })).toBeVisible()
  })

  test('stays there when a colleague proposes a reply', async () => {
    let answer: () => void = () => undefined
    const asked = new Promise<void>((go) => (answer = go))
    api.use(
      http.get('/api/v1/approvals', async ({ response }) => {
        await asked
        const proposal = anApproval({ conversationId: HERE.id, type: 'proposed_reply', metadata: { content: 'We will see.' } })
        return response(200).json({ data: [proposal], page: { limit: 100 }, position: NOWHERE })
      }),
    )
    const { scrolled } = await scrolledUp()
    answer()
    expect(await screen.findByText('We will see.')).toBeVisible()
    expect(scrolled).not.toHaveBeenCalled()
  })
})
