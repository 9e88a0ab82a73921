import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'

import type { Conversation as Shown, Message } from '#api/types.ts'
import { asked } from '#desk/asked.ts'
import { insert } from '#desk/inserted.ts'
import { type News, onNews } from '#live/news.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { held } from '#test/held.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage, anApproval, instant } from '#test/samples.ts'
import { soon } from '#test/soon.ts'

import { Conversation } from './Conversation.tsx'

// Another one each time: drafts live as long as the page.
let HERE = aConversation()
beforeEach(() => {
  HERE = aConversation()
  asked.set(null)
})

interface Given {
  conversation?: Partial<Shown>
  messages?: Message[]
  canned?: Record<string, string>
}

/** An API with this conversation, and what is sent to it. */
function given({ conversation = {}, messages = [], canned = {} }: Given = {}) {
  HERE = { ...HERE, ...conversation }
  const sent: { body: unknown; tag: string | null }[] = []
  api.use(
    http.get('/api/v1/conversations/{id}', ({ response }) => response(200).json(HERE)),
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: messages, page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
    http.untyped.get('*/api/v1/activity', () =>
      HttpResponse.json({ data: [], page: { limit: 50, nextCursor: null }, position: NOWHERE }),
    ),
    http.untyped.post('*/api/v1/conversations/:id/messages', async ({ request }) => {
      const body = (await request.json()) as { content: string; clientId: string }
      sent.push({ body, tag: request.headers.get('if-match') })
      return HttpResponse.json(
        aMessage({ conversationId: HERE.id, messageType: 'outgoing', content: body.content, clientId: body.clientId, state: 'sent' }),
        { status: 201 },
      )
    }),
    http.untyped.get('*/api/v1/canned-responses', () =>
      HttpResponse.json({
        data: Object.entries(canned).map(([shortCode, content], index) => ({
          accountId: HERE.accountId, chatwootId: index + 1, shortCode, content, updatedAt: instant(0),
        })),
      }),
    ),
    http.untyped.get('*/api/v1/contacts/:id', () =>
      HttpResponse.json({
        id: HERE.contact?.id, accountId: HERE.accountId, chatwootId: 5, name: 'Paula Probe', email: 'paula@example.com',
        phoneNumber: null, customAttributes: {}, additionalAttributes: {}, blocked: false, updatedAt: instant(0),
      }),
    ),
  )
  return { sent, contents: () => sent.map(({ body }) => (body as { content: string }).content) }
}

const reply = () => screen.findByRole('textbox', { name: 'Reply' })
const CANNED = {
  thanks: 'Thank you, {{contact.first_name}}. {{agent.name}}',
  call: 'We call {{contact.phone}}',
  refund: 'The money is on its way',
}

test('a note stays a note however often its screen is built anew', async () => {
  given()
  const first = show(<Conversation id={HERE.id} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Note' }))
  first.unmount()
  show(<Conversation id={HERE.id} />)
  expect(await screen.findByRole('textbox', { name: 'Note' })).toBeVisible()
})

test('a slash offers canned responses, keys choose one, and its variables are filled', async () => {
  const { contents } = given({ canned: CANNED })
  show(<Conversation id={HERE.id} />)
  const field = await reply()
  await userEvent.type(field, 'Hello. /')
  const list = await screen.findByRole('listbox', { name: 'Canned responses' })
  expect(within(list).getAllByRole('option')).toHaveLength(3)
  await userEvent.type(field, 'tha')
  expect(within(list).getAllByRole('option')).toHaveLength(1)
  expect(screen.getByRole('note', { name: 'Preview' })).toHaveTextContent('Thank you, Paula. Dev Admin')
  await userEvent.keyboard('{Enter}')
  expect(field).toHaveValue('Hello. Thank you, Paula. Dev Admin')
  expect(field).toHaveFocus()
  expect(screen.queryByRole('listbox')).toBeNull()
  await userEvent.keyboard('{Control>}{Enter}{/Control}')
  await waitFor(() => expect(contents()).toEqual(['Hello. Thank you, Paula. Dev Admin']))
})

test('a wide slash does so too, and wide letters are read as what they are', async () => {
  given({ canned: CANNED })
  show(<Conversation id={HERE.id} />)
  const field = await reply()
  await userEvent.type(field, '你好　／ｔｈａ')
  expect(await screen.findByRole('option')).toHaveTextContent('/thanks')
  await userEvent.keyboard('{Enter}')
  expect(field).toHaveValue('你好　Thank you, Paula. Dev Admin')
})

test('that no canned response could be had is said where it is asked for, and read out', async () => {
  given()
  api.use(http.untyped.get('*/api/v1/canned-responses', () => HttpResponse.json({ code: 'unavailable', detail: 'it is down' }, { status: 503 })))
  show(<Conversation id={HERE.id} />)
  const field = await reply()
  await userEvent.type(field, '/')
  expect(await screen.findByText('Canned responses did not load: it is down')).toHaveAttribute('aria-live', 'polite')
  await userEvent.type(field, ' or so')
  expect(screen.queryByText(/^Canned responses/)).toBeNull()
})

test('a key that ends the making of a character, as Safari tells it, takes no canned response and sends nothing', async () => {
  const { sent } = given({ canned: CANNED })
  show(<Conversation id={HERE.id} />)
  const field = await reply()
  await userEvent.type(field, '/tha')
  await screen.findByRole('option')
  fireEvent.keyDown(field, { key: 'Enter', keyCode: 229 })
  fireEvent.keyDown(field, { key: 'Enter', ctrlKey: true, keyCode: 229 })
  expect(field).toHaveValue('/tha')
  expect(sent).toEqual([])
})

test('arrows walk the list, Esc makes the slash a slash, and the field keeps the focus', async () => {
  given({ canned: CANNED })
  show(<Conversation id={HERE.id} />)
  const field = await reply()
  await userEvent.type(field, '/')
  await screen.findByRole('listbox', { name: 'Canned responses' })
  const chosen = () => screen.getAllByRole('option').find((one) => one.getAttribute('aria-selected') === 'true')
  expect(chosen()).toHaveTextContent('/call')
  await userEvent.keyboard('{ArrowDown}')
  expect(chosen()).toHaveTextContent('/refund')
  expect(field).toHaveAttribute('aria-activedescendant', chosen()?.id)
  await userEvent.keyboard('{ArrowUp}{ArrowUp}')
  expect(chosen()).toHaveTextContent('/thanks')
  await userEvent.keyboard('{Escape}')
  expect(screen.queryByRole('listbox')).toBeNull()
  expect(field).toHaveFocus()
  await userEvent.keyboard('x and/or')
  expect(screen.queryByRole('listbox')).toBeNull()
})

test('a variable that nobody can fill keeps the reply from going out, and says so', async () => {
  const { contents } = given({ canned: CANNED })
  show(<Conversation id={HERE.id} />)
  const field = await reply()
  await userEvent.type(field, '/call')
  await screen.findByRole('listbox', { name: 'Canned responses' })
  await userEvent.keyboard('{Tab}')
  expect(field).toHaveValue('We call {{contact.phone}}')
  await userEvent.click(screen.getByRole('button', { name: 'Send' }))
  await waitFor(() => expect(screen.getByRole('alert')).toHaveTextContent('{{contact.phone}} has no value here'))
  expect(contents()).toEqual([])
  await userEvent.clear(field)
  await userEvent.type(field, 'We write to {{{{contact.email}}')
  expect(screen.queryByRole('alert')).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Send' }))
  await waitFor(() => expect(contents()).toEqual(['We write to paula@example.com']))
})

test('that nothing is known is not said before it was looked up, nor is anything sent in its place', async () => {
  const { contents } = given()
  const { answer, come } = held()
  api.use(http.untyped.get('*/api/v1/contacts/:id', answer))
  show(<Conversation id={HERE.id} />)
  await userEvent.type(await reply(), 'We write to {{{{contact.email | default: "you"}}')
  await userEvent.click(screen.getByRole('button', { name: 'Send' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('Still looking up {{contact.email')
  come(HttpResponse.json({ id: HERE.contact?.id, name: 'Paula Probe', email: 'paula@example.com', customAttributes: {}, updatedAt: instant(0) }))
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull())
  await userEvent.click(screen.getByRole('button', { name: 'Send' }))
  await waitFor(() => expect(contents()).toEqual(['We write to paula@example.com']))
})

test('that variables are left is said of what was to be sent, and of nothing else that is being written', async () => {
  given()
  show(<Conversation id={HERE.id} />)
  await userEvent.type(await reply(), 'We call {{{{contact.phone}}')
  await userEvent.click(screen.getByRole('button', { name: 'Note' }))
  const note = await screen.findByRole('textbox', { name: 'Note' })
  await userEvent.type(note, 'Ask {{{{contact.phone}}')
  await userEvent.click(screen.getByRole('button', { name: 'Reply' }))
  await userEvent.click(screen.getByRole('button', { name: 'Send' }))
  await waitFor(() => expect(screen.getByRole('alert')).toHaveTextContent('{{contact.phone}} has no value here'))
  await userEvent.click(screen.getByRole('button', { name: 'Note' }))
  expect(screen.queryByRole('alert')).toBeNull()
  expect(screen.getByRole('textbox', { name: 'Note' })).toBeValid()
})

test('what is written once all variables are filled is not complained about before it is tried', async () => {
  given()
  show(<Conversation id={HERE.id} />)
  const field = await reply()
  await userEvent.type(field, '{{{{contact.phone}}')
  await userEvent.click(screen.getByRole('button', { name: 'Send' }))
  await screen.findByRole('alert')
  await userEvent.clear(field)
  await userEvent.type(field, 'Hello {{{{agent.phone}}')
  expect(screen.queryByRole('alert')).toBeNull()
})

test('what was chosen elsewhere is put where the cursor is', async () => {
  given()
  show(<Conversation id={HERE.id} />)
  const field = await reply()
  await userEvent.type(field, 'Hello,')
  insert('dear {{contact.name}} {{agent.email | default: "us"}}')
  // Nobody has asked yet for what else is known.
  await waitFor(() => expect(field).toHaveValue('Hello, dear Paula Probe {{agent.email | default: "us"}}'))
  expect(field).toHaveFocus()
})

test('what could not be looked up is not written as what stands for nothing', async () => {
  given()
  let asked = 0
  api.use(
    http.untyped.get('*/api/v1/contacts/:id', () => {
      asked += 1
      return HttpResponse.error()
    }),
  )
  const { queryClient } = show(<Conversation id={HERE.id} />)
  const field = await reply()
  await userEvent.type(field, '{{{{agent.name}} to')
  await waitFor(() => expect(asked).toBe(2))
  await waitFor(() => expect(queryClient.isFetching()).toBe(0))
  insert('{{contact.phone | default: "you"}}')
  await waitFor(() => expect(field).toHaveValue('{{agent.name}} to {{contact.phone | default: "you"}}'))
})

test('a reply carries what its writer has seen', async () => {
  const { sent } = given({ conversation: { updatedAt: instant(1) } })
  show(<Conversation id={HERE.id} />)
  await screen.findByText('No messages yet')
  await userEvent.type(await reply(), 'Hello{Control>}{Enter}{/Control}')
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]?.tag).toMatch(/^"[0-9a-f]+"$/)
})

test('of what came first the writer is shown, and chooses: edit', async () => {
  const late = aMessage({ conversationId: HERE.id, content: 'It has come, thanks!' })
  given()
  show(<Conversation id={HERE.id} />)
  await screen.findByText('No messages yet')
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ code: 'changed', detail: 'it has changed', current: HERE }, { status: 412 }),
    ),
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: [late], page: { limit: 30, hasMore: false }, position: NOWHERE }),
    ),
  )
  await userEvent.type(await reply(), 'It comes today{Control>}{Enter}{/Control}')
  expect(await screen.findByText('Not sent: new messages arrived first')).toBeVisible()
  expect(screen.getByRole('alert')).toHaveTextContent('Paula Probe: It has come, thanks!')
  expect(screen.getByRole('button', { name: 'Send anyway' })).toBeVisible()
  expect(screen.getByRole('button', { name: 'Discard' })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Edit' }))
  expect(await reply()).toHaveValue('It comes today')
  expect(screen.queryByText('Not sent: new messages arrived first')).toBeNull()
})

test('what came first as a file alone is called so', async () => {
  const late = aMessage({ conversationId: HERE.id, content: '' })
  given()
  show(<Conversation id={HERE.id} />)
  await screen.findByText('No messages yet')
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ code: 'changed', detail: 'it has changed', current: HERE }, { status: 412 }),
    ),
    http.get('/api/v1/conversations/{id}/messages', ({ response }) =>
      response(200).json({ data: [late], page: { limit: 30, hasMore: false }, position: NOWHERE }),
    ),
  )
  await userEvent.type(await reply(), 'It comes today{Control>}{Enter}{/Control}')
  expect(await screen.findByRole('alert')).toHaveTextContent('Paula Probe: a file')
})

test('a reply whose files went with its page is not sent without them: its text is written anew', async () => {
  const { contents } = given()
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  const first = show(<Conversation id={HERE.id} />)
  const closed = first.live.outbox.start()
  first.live.outbox.send(HERE.id, 'The receipt', false, [new File(['Two tents'], 'receipt.txt')])
  closed()
  first.unmount()
  online.mockReturnValue(true)
  const { live } = show(<Conversation id={HERE.id} />)
  onTestFinished(live.outbox.start())
  expect(await screen.findByText('Not sent: the page was closed before its files were sent')).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Retry' })).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Edit and resend' }))
  expect(await reply()).toHaveValue('The receipt')
  expect(contents()).toEqual([])
})

test('send and resolve sends first', async () => {
  const { contents } = given()
  const news: News[] = []
  const unwatch = onNews((one) => news.push(one))
  show(<Conversation id={HERE.id} />)
  await userEvent.type(await reply(), 'All done')
  await userEvent.click(screen.getByRole('button', { name: 'More ways to send' }))
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Send and resolve' }))
  await waitFor(() => expect(contents()).toEqual(['All done']))
  const here = { conversationId: HERE.id, next: { status: 'resolved' } }
  await waitFor(() => expect(news).toContainEqual({ kind: 'sent', written: expect.objectContaining(here) as unknown }))
  unwatch()
})

test('send and snooze asks until when before anything is sent', async () => {
  const { contents } = given()
  show(<Conversation id={HERE.id} />)
  await userEvent.type(await reply(), 'Until tomorrow')
  await userEvent.click(screen.getByRole('button', { name: 'More ways to send' }))
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Send and snooze…' }))
  expect(asked.get()).toMatchObject({ what: 'snooze', about: [HERE.id] })
  expect(contents()).toEqual([])
  asked.get()?.then?.({ status: 'snoozed', snoozedUntil: instant(99) })
  await waitFor(() => expect(contents()).toEqual(['Until tomorrow']))
})

test('a reply can be proposed: it waits, dashed, with a way to its approval', async () => {
  given()
  const approval = anApproval({
    conversationId: HERE.id, type: 'proposed_reply', metadata: { content: 'We refund it.' }, requestedBy: 'Dev Admin',
  })
  const bodies: unknown[] = []
  api.use(
    http.untyped.post('*/api/v1/approvals', async ({ request }) => {
      bodies.push(await request.json())
      expect(request.headers.get('idempotency-key')).toMatch(/.{36}/)
      return HttpResponse.json(approval, { status: 201 })
    }),
    http.untyped.get('*/api/v1/approvals', ({ request }) => {
      const waits = new URL(request.url).searchParams.get('type') === 'proposed_reply' && bodies.length > 0
      return HttpResponse.json({ data: waits ? [approval] : [], page: { limit: 100 }, position: NOWHERE })
    }),
  )
  const { live, queryClient } = show(<Conversation id={HERE.id} />)
  await userEvent.type(await reply(), 'We refund it.')
  await userEvent.click(screen.getByRole('button', { name: 'More ways to send' }))
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Ask for approval…' }))
  const dialog = await screen.findByRole('dialog', { name: 'Ask for approval' })
  expect(within(dialog).getByText('We refund it.')).toBeVisible()
  await userEvent.type(within(dialog).getByRole('textbox'), 'It is 300 €.')
  await userEvent.click(within(dialog).getByRole('button', { name: 'Ask for approval' }))
  await waitFor(() => expect(live.drafts.of(HERE.id, 'reply')).toBe(''))
  expect(bodies).toEqual([
    { conversationId: HERE.id, type: 'proposed_reply', reason: 'It is 300 €.', metadata: { content: 'We refund it.' } },
  ])
  void queryClient.invalidateQueries({ queryKey: ['approvals'] })
  const log = within(await screen.findByRole('log'))
  expect(log.getByText('Dev Admin proposes')).toBeVisible()
  expect(log.getByRole('link', { name: 'Open the approval' })).toHaveAttribute('href', expect.stringContaining(approval.id))
})

test('colleagues are told of typing, and show who looks too', async () => {
  const typed: unknown[] = []
  given()
  api.use(
    http.untyped.post('*/api/v1/conversations/:id/typing', async ({ params, request }) => {
      if (params.id === HERE.id) typed.push(await request.json()) // The test before may still tell of another one.
      return new HttpResponse(null, { status: 204 })
    }),
  )
  const { live } = show(<Conversation id={HERE.id} />)
  // All at once: whoever types for more than three seconds is told of once more.
  await userEvent.click(await reply())
  await userEvent.paste('Hello')
  await userEvent.click(document.body)
  await soon(() => expect(typed).toEqual([{ on: true, private: false }, { on: false, private: false }]))
  const hears = (event: string, data: object) =>
    live.take({ event, id: '', data: JSON.stringify({ type: event, conversationId: HERE.id, ...data }) })
  hears('presence', { actorId: 'ana', name: 'Ana Beispiel', state: 'replying' })
  hears('presence', { actorId: 'dev-admin', name: 'Dev Admin', state: 'viewing' })
  hears('typing', { actorType: 'member', actorId: 'dev-admin', name: 'Dev Admin', on: true, private: false })
  // Whom Chatwoot takes this person for.
  hears('typing', { actorType: 'user', name: 'Robin Castellan', on: true, private: false })
  const here = await screen.findByRole('list', { name: 'Also here' })
  expect(within(here).getAllByRole('listitem').map((one) => one.title)).toEqual(['Ana Beispiel is replying'])
  expect(screen.queryByText(/replying…/)).toBeNull()
  hears('typing', { actorType: 'member', actorId: 'ana', name: 'Ana Beispiel', on: true, private: false })
  expect(await screen.findByText('Ana Beispiel is replying…')).toBeVisible()
  hears('presence', { actorId: 'ana', name: 'Ana Beispiel', state: 'away' })
  await waitFor(() => expect(screen.queryByRole('list', { name: 'Also here' })).toBeNull())
})
