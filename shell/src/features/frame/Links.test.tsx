import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import type { ChatwootLink } from '#api/types.ts'
import { linksQuery } from '#live/links.ts'
import { api, http } from '#test/api.ts'
import { held } from '#test/held.ts'
import { mayOnly } from '#test/may.ts'
import { show } from '#test/render.tsx'
import { instant, uuid } from '#test/samples.ts'
import { dismiss, toasts } from '#ui/toasts.ts'

import { Person } from './Person.tsx'

const TOKEN = 'ana-and-nobody-else'
const URL = 'https://chat.example.com'

const account = (number: number, given: Partial<ChatwootLink> = {}): ChatwootLink => ({
  accountId: uuid(number),
  chatwootAccountId: number,
  accountName: `Account ${number}`,
  chatwootUrl: URL,
  userId: null,
  userName: null,
  linkedAt: null,
  refusedAt: null,
  ...given,
})
const ANA = { userId: 7, userName: 'Ana Beispiel', linkedAt: instant(1) }

/** An API with these accounts, which answers a token like that. */
function given(accounts: ChatwootLink[], answer: () => Response | null | Promise<Response> = () => null) {
  let items = accounts
  const tokens: string[] = []
  const removed: string[] = []
  const put = (id: unknown, now: Partial<ChatwootLink>) => {
    items = items.map((one) => (one.accountId === id ? { ...one, ...now } : one))
    return items.find(({ accountId }) => accountId === id)
  }
  api.use(
    http.get('/api/v1/me/links', ({ response }) => response(200).json({ data: items })),
    http.untyped.put('*/api/v1/me/links/:id', async ({ params, request }) => {
      tokens.push(((await request.json()) as { token: string }).token)
      return (await answer()) ?? HttpResponse.json(put(params.id, { ...ANA, refusedAt: null }))
    }),
    http.untyped.delete('*/api/v1/me/links/:id', ({ params }) => {
      removed.push(String(params.id))
      put(params.id, { userId: null, userName: null, linkedAt: null, refusedAt: null })
      return new HttpResponse(null, { status: 204 })
    }),
  )
  return { tokens, removed, ...show(<Person />) }
}

async function openMenu() {
  await userEvent.click(await screen.findByRole('button', { name: /^Signed in as/ }))
  return within(await screen.findByRole('menu'))
}

async function openSheet() {
  const menu = await openMenu()
  await userEvent.click(menu.getByRole('menuitem', { name: /^Your name in Chatwoot/ }))
  return within(await screen.findByRole('dialog', { name: 'Your name in Chatwoot' }))
}

test('each account says who one is there, and the menu that one is to be linked again', async () => {
  given([account(1), account(2, ANA), account(3, { ...ANA, refusedAt: instant(2) })])
  const menu = await openMenu()
  expect(await menu.findByRole('menuitem', { name: /Link again/ })).toBeVisible()
  await userEvent.keyboard('{Escape}')
  const sheet = await openSheet()
  const [none, linked, refused] = (await sheet.findAllByRole('listitem')).map((one) => within(one))
  expect(none!.getByText('Not linked')).toBeVisible()
  expect(none!.getByLabelText('Access token for Account 1')).toBeVisible()
  expect(none!.queryByRole('button', { name: /^Unlink/ })).toBeNull()
  expect(linked!.getByText('Linked as Ana Beispiel')).toBeVisible()
  expect(linked!.queryByLabelText(/^Access token/)).toBeNull()
  expect(refused!.getByText(/^Chatwoot no longer accepts the token of Ana Beispiel/)).toBeVisible()
  expect(refused!.getByLabelText('Access token for Account 3')).toBeVisible()
  expect(refused!.getByRole('button', { name: 'Unlink Account 3' })).toBeVisible()
})

test('a token goes to the API, and stays nowhere here', async () => {
  const { tokens, queryClient } = given([account(1)])
  const sheet = await openSheet()
  const field = await sheet.findByLabelText('Access token for Account 1')
  const button = sheet.getByRole('button', { name: 'Link Account 1' })
  expect(button).toBeDisabled()
  await userEvent.type(field, ` ${TOKEN} {Enter}`)
  expect(await sheet.findByText('Linked as Ana Beispiel')).toBeVisible()
  expect(tokens).toEqual([TOKEN])
  expect(field).not.toBeInTheDocument()
  const caches = [queryClient.getQueryCache(), queryClient.getMutationCache()].flatMap((cache) => cache.getAll().map(({ state }) => state))
  expect(caches.length).toBeGreaterThan(1)
  for (const kept of [caches, localStorage, sessionStorage, document.body.innerHTML]) {
    expect(JSON.stringify(kept)).not.toContain(TOKEN)
  }
})

test('what is typed into the field of a token is hidden, and nobody offers to keep it', async () => {
  given([account(1)])
  const sheet = await openSheet()
  const field = await sheet.findByLabelText('Access token for Account 1')
  expect(field).toHaveAttribute('type', 'text')
  expect(field).toHaveClass('[-webkit-text-security:disc]')
  expect(field).toHaveAttribute('autocomplete', 'off')
  for (const one of ['data-1p-ignore', 'data-bwignore', 'data-lpignore']) expect(field).toHaveAttribute(one)
})

test('where nothing else hides it, it is a password', async () => {
  vi.spyOn(CSS, 'supports').mockReturnValue(false)
  onTestFinished(() => void vi.restoreAllMocks())
  given([account(1)])
  const sheet = await openSheet()
  const field = await sheet.findByLabelText('Access token for Account 1')
  expect(field).toHaveAttribute('type', 'password')
  expect(field).toHaveAttribute('autocomplete', 'new-password')
})

const REFUSAL = 'Chatwoot does not accept the access token of account 1: give a valid one'
const refusal = () =>
  HttpResponse.json({ status: 422, code: 'invalid', detail: 'x', errors: [{ field: 'token', message: REFUSAL }] }, { status: 422 })

test('a refusal that comes late neither takes the focus from another field nor another token from its own', async () => {
  const { answer, come } = held()
  given([account(1), account(2)], answer)
  const sheet = await openSheet()
  const [one, two] = await sheet.findAllByLabelText<HTMLInputElement>(/^Access token/)
  await userEvent.type(one!, `${TOKEN}{Enter}`)
  await waitFor(() => expect(one).toHaveAttribute('readonly'))
  await userEvent.type(one!, 'more')
  expect(one).toHaveValue(TOKEN)
  // What fills fields by itself does not ask.
  fireEvent.change(one!, { target: { value: 'better' } })
  await userEvent.type(two!, 'token-')
  come(refusal())
  expect(await sheet.findByText(REFUSAL)).toBeVisible()
  await userEvent.keyboard('of-two')
  expect([one!.value, two!.value]).toEqual(['better', 'token-of-two'])
  expect(one).not.toHaveAttribute('readonly')
})

test('a refusal that comes when the sheet is closed is told all the same', async () => {
  const { answer, come } = held()
  const { tokens } = given([account(1)], answer)
  const sheet = await openSheet()
  await userEvent.type(await sheet.findByLabelText(/^Access token/), `${TOKEN}{Enter}`)
  await waitFor(() => expect(tokens).toHaveLength(1))
  await userEvent.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  come(refusal())
  await waitFor(() => expect(toasts()).toMatchObject([{ title: 'Not linked: Account 1', detail: REFUSAL, bad: true }]))
  dismiss(toasts()[0]!.key)
})

test('that an account was not unlinked is told, too, when the sheet is closed', async () => {
  given([account(1, ANA)])
  const { answer, come } = held()
  let asked = 0
  api.use(
    http.untyped.delete('*/api/v1/me/links/:id', () => {
      asked += 1
      return answer()
    }),
  )
  const sheet = await openSheet()
  await userEvent.click(await sheet.findByRole('button', { name: 'Unlink Account 1' }))
  await waitFor(() => expect(asked).toBe(1))
  await userEvent.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  come(HttpResponse.json({ status: 503, code: 'busy', detail: 'The server is busy' }, { status: 503 }))
  await waitFor(() => expect(toasts()).toMatchObject([{ title: 'Not unlinked: Account 1', detail: 'The server is busy', bad: true }]))
  dismiss(toasts()[0]!.key)
})

test('a token that Chatwoot does not accept is to be given anew; one that it could not be asked about is not', async () => {
  const problem = (status: number, code: string, detail: string, rest = {}) => HttpResponse.json({ status, code, detail, ...rest }, { status })
  const errors = [{ field: 'token', message: 'Chatwoot does not accept the access token of account 1: give a valid one' }]
  let answer = problem(503, 'no-answer', 'Chatwoot does not answer')
  const { tokens } = given([account(1)], () => answer)
  const sheet = await openSheet()
  const field = await sheet.findByLabelText('Access token for Account 1')
  await userEvent.type(field, `${TOKEN}{Enter}`)
  expect(await sheet.findByText('Chatwoot does not answer')).toBeVisible()
  expect(field).toHaveValue(TOKEN)
  answer = problem(422, 'invalid', 'Correct the fields that `errors` names.', { errors })
  await userEvent.click(sheet.getByRole('button', { name: 'Link Account 1' }))
  expect(await sheet.findByText('Chatwoot does not accept the access token of account 1: give a valid one')).toBeVisible()
  expect(field).toHaveValue('')
  expect(field).toHaveFocus()
  expect(sheet.getByRole('button', { name: 'Link Account 1' })).toBeDisabled()
  expect(tokens).toEqual([TOKEN, TOKEN])
})

test('what is refused is linked again, and the hint goes', async () => {
  given([account(1, { ...ANA, refusedAt: instant(2) })])
  const sheet = await openSheet()
  await userEvent.type(await sheet.findByLabelText('Access token for Account 1'), `${TOKEN}{Enter}`)
  expect(await sheet.findByText('Linked as Ana Beispiel')).toBeVisible()
  await userEvent.keyboard('{Escape}')
  await waitFor(() => expect(screen.getByRole('button', { name: /^Signed in as/ })).toHaveFocus())
  const menu = await openMenu()
  expect(menu.getByRole('menuitem', { name: 'Your name in Chatwoot…' })).toBeVisible()
})

test('an account can be unlinked', async () => {
  const { removed } = given([account(1), account(2, ANA)])
  const sheet = await openSheet()
  await userEvent.click(await sheet.findByRole('button', { name: 'Unlink Account 2' }))
  await waitFor(() => expect(sheet.getAllByText('Not linked')).toHaveLength(2))
  expect(removed).toEqual([uuid(2)])
})

test.each([
  ['linked', account(1), 'Linked as Ana Beispiel'],
  ['unlinked', account(1, ANA), 'Not linked'],
] as const)('what was being read when an account was %s does not say that it was not', async (_, before, words) => {
  const { queryClient } = given([before])
  const sheet = await openSheet()
  await sheet.findByRole('listitem')
  const { answer, come } = held()
  let read = 0
  api.use(
    http.untyped.get('*/api/v1/me/links', () => {
      read += 1
      // What comes last is read after all.
      return read === 1 ? answer() : HttpResponse.json({ data: [{ ...before, accountName: 'Read again', ...(before.userId == null ? ANA : { userId: null }) }] })
    }),
  )
  void queryClient.refetchQueries(linksQuery())
  await waitFor(() => expect(read).toBe(1))
  if (before.userId == null) await userEvent.type(sheet.getByLabelText(/^Access token/), `${TOKEN}{Enter}`)
  else await userEvent.click(sheet.getByRole('button', { name: /^Unlink/ }))
  expect(await sheet.findByText(words)).toBeVisible()
  come(HttpResponse.json({ data: [before] }))
  expect(await sheet.findByText('Read again')).toBeVisible()
  expect(sheet.getByText(words)).toBeVisible()
})

test('two accounts of one Chatwoot that have no names are told apart', async () => {
  given([account(1, { accountName: null }), account(2, { accountName: null })])
  const sheet = await openSheet()
  expect((await sheet.findAllByRole('heading', { level: 3 })).map((one) => one.textContent)).toEqual(['Account 1', 'Account 2'])
  expect(sheet.getAllByText(URL)).toHaveLength(2)
  expect(sheet.getByLabelText('Access token for Account 2')).toBeVisible()
})

test('that accounts did not load is told, and that there is none', async () => {
  given([])
  api.use(http.untyped.get('*/api/v1/me/links', () => HttpResponse.json({ detail: 'busy' }, { status: 503 })))
  const sheet = await openSheet()
  expect(await sheet.findByText('Accounts did not load')).toBeVisible()
  api.use(http.get('/api/v1/me/links', ({ response }) => response(200).json({ data: [] })))
  await userEvent.click(sheet.getByRole('button', { name: 'Try again' }))
  expect(await sheet.findByText('No Chatwoot account is connected')).toBeVisible()
})

test('who may not reply is not asked', async () => {
  mayOnly('conversations:read')
  let asked = 0
  given([account(1)])
  api.use(
    http.get('/api/v1/me/links', ({ response }) => {
      asked += 1
      return response(200).json({ data: [] })
    }),
  )
  const menu = await openMenu()
  expect(menu.queryByRole('menuitem', { name: /^Your name/ })).toBeNull()
  expect(asked).toBe(0)
})

test.each([
  ['Link', account(1)],
  ['Unlink', account(1, ANA)],
])('the button that was pressed (%s) keeps the focus meanwhile', async (name, one) => {
  const { answer, come } = held()
  given([one], answer)
  api.use(http.untyped.delete('*/api/v1/me/links/:id', answer))
  const sheet = await openSheet()
  const button = await sheet.findByRole('button', { name: `${name} Account 1` })
  if (name === 'Link') await userEvent.type(sheet.getByLabelText(/^Access token/), TOKEN)
  await userEvent.click(button)
  await waitFor(() => expect(button).toHaveAttribute('aria-disabled', 'true'))
  // One that is disabled would lose it.
  expect(button).toBeEnabled()
  expect(button).toHaveFocus()
  come(HttpResponse.json({ status: 503, code: 'busy', detail: 'The server is busy' }, { status: 503 }))
  expect(await sheet.findByText('The server is busy')).toBeVisible()
  expect(button).not.toHaveAttribute('aria-disabled')
})
