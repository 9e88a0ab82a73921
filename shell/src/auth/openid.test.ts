import { renderHook, waitFor } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { api, http } from '#test/api.ts'
import { soon } from '#test/soon.ts'

const ISSUER = 'https://id.test'
const ME = { id: 'ana', name: 'Ana Beispiel', kind: 'person', tenantId: 'acme', permissions: ['conversations:read'] }
const busy = () => HttpResponse.json({ status: 503, code: 'unavailable', detail: 'the database does not answer' }, { status: 503 })

/** A page that the provider has just sent somebody back to; what it asks of the provider and of the API. */
async function back({ token = () => null, me = () => HttpResponse.json(ME) }: { token?: (tries: number) => Response | null | Promise<null>; me?: () => Response }) {
  vi.resetModules()
  const { begin, session } = await import('./session.ts')
  const config = { mode: 'oidc', issuer: ISSUER, clientId: 'shell', scopes: ['axis'], parameters: {} }
  const server = { issuer: ISSUER, token_endpoint: `${ISSUER}/token` }
  sessionStorage.setItem('axis.sign-in', JSON.stringify({ config, server, verifier: 'v'.repeat(43), state: 's', nonce: 'n', place: '/app/approvals' }))
  window.history.replaceState(null, '', '/app/?code=c&state=s')
  onTestFinished(() => {
    sessionStorage.clear()
    window.history.replaceState(null, '', '/app/inbox')
  })
  const grants: (string | null)[] = []
  let left = 0
  api.use(
    http.untyped.get('*/api/v1/auth/config', () => {
      left += 1
      return HttpResponse.json(config)
    }),
    http.untyped.get('*/api/v1/me', me),
    http.untyped.post(`${ISSUER}/token`, async ({ request }) => {
      const asked = new URLSearchParams(await request.text())
      grants.push(asked.get('code') ?? asked.get('refresh_token'))
      const tries = grants.length
      const tokens = { access_token: `token ${tries}`, token_type: 'Bearer', expires_in: 300, refresh_token: 'r' }
      return (await token(tries)) ?? HttpResponse.json(tokens)
    }),
  )
  return { begin: () => begin(() => undefined), session, grants, left: () => left }
}

test('while the API does not say who somebody is, they are not sent to the provider again', async () => {
  let asked = 0
  const { begin, session, grants, left } = await back({ me: () => ((asked += 1) === 1 ? busy() : HttpResponse.json(ME)) })
  await expect(begin()).rejects.toMatchObject({ status: 503, passing: true })
  await begin()
  expect(session().person).toMatchObject({ id: 'ana' })
  expect(grants).toEqual(['c'])
  expect(left()).toBe(0)
  expect(window.location.href).toBe('http://shell.test/app/approvals')
})

test('nor while the provider has no time for their code', async () => {
  const { begin, session, grants, left } = await back({
    token: (tries) => [HttpResponse.error(), new HttpResponse(null, { status: 503 })][tries - 1] ?? null,
  })
  await expect(begin()).rejects.toMatchObject({ status: 0, passing: true })
  await expect(begin()).rejects.toMatchObject({ status: 503, passing: true })
  await begin()
  expect(await session().token()).toBe('token 3')
  expect(grants).toEqual(['c', 'c', 'c'])
  expect(left()).toBe(0)
})

test('a code that the provider refuses is not asked about again', async () => {
  const { begin, grants } = await back({ token: () => HttpResponse.json({ error: 'invalid_grant' }, { status: 400 }) })
  await expect(begin()).rejects.toMatchObject({ status: 403, code: 'not-signed-in' })
  expect(window.location.href).toBe('http://shell.test/app/approvals')
  expect(sessionStorage.getItem('axis.sign-in')).toBeNull()
  expect(grants).toEqual(['c'])
})

test('a code whose answer was lost, and that is good for no other one, is given up for a new one', async () => {
  const { begin, grants, left } = await back({
    token: (tries) => (tries === 1 ? HttpResponse.error() : HttpResponse.json({ error: 'invalid_grant' }, { status: 400 })),
  })
  api.use(http.untyped.get(`${ISSUER}/.well-known/openid-configuration`, () => HttpResponse.error()))
  await expect(begin()).rejects.toMatchObject({ status: 0, code: 'unreachable' })
  await expect(begin()).rejects.toMatchObject({ code: 'no-provider' })
  expect(grants).toEqual(['c', 'c'])
  expect(left()).toBe(1)
  expect(window.location.href).toBe('http://shell.test/app/approvals')
})

test('a token is used to its end while the provider has no time to renew it', async () => {
  const { begin, session, grants } = await back({ token: (tries) => (tries === 1 ? null : busy()) })
  await begin()
  const now = Date.now()
  const clock = vi.spyOn(Date, 'now').mockReturnValue(now + 280_000)
  expect(await session().token()).toBe('token 1')
  expect(grants).toEqual(['c', 'r'])
  clock.mockReturnValue(now + 310_000)
  await expect(session().token()).rejects.toMatchObject({ status: 503, passing: true })
})

test('a renewal that takes its time is left to end, and its answer taken', async () => {
  let answer: (none: null) => void = () => undefined
  const { begin, session, grants } = await back({
    token: (tries) => (tries === 1 ? null : new Promise((resolve) => (answer = resolve))),
  })
  await begin()
  const limits = vi.spyOn(AbortSignal, 'timeout')
  const clock = vi.spyOn(Date, 'now').mockReturnValue(session().endsAt! - 100)
  expect(await session().token()).toBe('token 1')
  expect(limits.mock.calls).toEqual([[120_000]])
  await soon(() => expect(grants).toEqual(['c', 'r']))
  clock.mockReturnValue(session().endsAt! + 100)
  const renewed = session().token()
  answer(null)
  expect(await renewed).toBe('token 2')
  expect(grants).toEqual(['c', 'r'])
})

test('a provider that never answers is waited for no longer than its token is good', async () => {
  const limits: number[] = []
  const timeout = AbortSignal.timeout.bind(AbortSignal)
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    limits.push(milliseconds)
    return timeout(milliseconds)
  })
  const { begin } = await back({})
  await begin()
  expect(limits).toEqual([15_000, 45_000])
})

test('a token is taken anew where that can be', async () => {
  const { begin, session, grants } = await back({})
  await begin()
  await session().anew()
  expect(await session().token()).toBe('token 2')
  expect(grants).toEqual(['c', 'r'])
})

test('whoever has another role with another token may what that allows', async () => {
  let permissions = ['conversations:read']
  let asked = 0
  const { begin, session } = await back({
    me: () => {
      asked += 1
      return HttpResponse.json({ ...ME, permissions })
    },
  })
  const { showRoles, useRoles } = await import('./session.ts')
  const { result } = renderHook(useRoles)
  await begin()
  const may = () => session().person.may('conversations:reply')
  const before = { told: 'conversations:read', shown: 'conversations:read' }
  expect(may()).toBe(false)
  const renew = () => {
    vi.spyOn(Date, 'now').mockReturnValue(session().endsAt! - 100)
    return session().token()
  }
  await renew()
  await waitFor(() => expect(asked).toBe(2))
  expect(result.current).toEqual(before)
  permissions = ['conversations:read', 'conversations:reply']
  await renew()
  const after = 'conversations:read conversations:reply'
  await waitFor(() => expect(result.current).toEqual({ ...before, told: after }))
  expect(may()).toBe(false)
  showRoles()
  expect(may()).toBe(true)
  await waitFor(() => expect(result.current).toEqual({ told: after, shown: after }))
  // And when one is asked for on purpose, once.
  const { withRolesOfNow } = await import('./session.ts')
  await withRolesOfNow()
  expect(asked).toBe(4)
})

test('and is left as it is where it cannot', async () => {
  const tokens = { access_token: 'token', token_type: 'Bearer', expires_in: 300 }
  const { begin, session, grants } = await back({ token: () => HttpResponse.json(tokens) })
  await begin()
  await session().anew()
  expect(await session().token()).toBe('token')
  expect(grants).toEqual(['c'])
})

test('nobody is signed out because another token is refused while theirs is good; then they are', async () => {
  const { begin, session, grants } = await back({
    token: (tries) => (tries === 1 ? null : HttpResponse.json({ error: 'invalid_grant' }, { status: 400 })),
  })
  const { useEnded } = await import('./ended.ts')
  const { result } = renderHook(useEnded)
  await begin()
  await expect(session().anew()).rejects.toMatchObject({ code: 'signed-out' })
  expect(result.current).toBe(false)
  expect(await session().token()).toBe('token 1')
  vi.spyOn(Date, 'now').mockReturnValue(session().endsAt! + 100)
  await expect(session().token()).rejects.toMatchObject({ code: 'signed-out' })
  await waitFor(() => expect(result.current).toBe(true))
  // What was refused is not asked with again.
  expect(grants).toEqual(['c', 'r'])
})

test.each([
  ['what a proxy says in place of the provider', () => new HttpResponse('<p>Forbidden</p>', { status: 403, headers: { 'content-type': 'text/html' } })],
  ['a page about maintenance', () => new HttpResponse('<p>Soon back</p>', { headers: { 'content-type': 'text/html' } })],
  ['an address that is missing for a while', () => new HttpResponse(null, { status: 404 })],
  ['a stranger\'s words', () => HttpResponse.json({ code: 'forbidden' }, { status: 403 })],
  ['a stranger\'s error', () => HttpResponse.json({ error: 'Not Found' }, { status: 404 })],
  ['a provider that is busy', () => HttpResponse.json({ error: 'temporarily_unavailable' }, { status: 400 })],
  ['a provider that fails', () => HttpResponse.json({ error: 'server_error' }, { status: 400 })],
])('%s signs nobody out', async (_what, answer) => {
  const { begin, session, grants } = await back({ token: (tries) => (tries === 2 ? answer() : null) })
  const { useEnded } = await import('./ended.ts')
  const { result } = renderHook(useEnded)
  await begin()
  vi.spyOn(Date, 'now').mockReturnValue(session().endsAt! + 100)
  await expect(session().token()).rejects.toMatchObject({ passing: true })
  expect(await session().token()).toBe('token 3')
  expect(grants).toEqual(['c', 'r', 'r'])
  expect(result.current).toBe(false)
})

test('where there is no TLS to sign in with, that is said, and nobody is sent away', async () => {
  const { begin, left } = await back({})
  sessionStorage.clear()
  vi.spyOn(globalThis, 'crypto', 'get').mockReturnValue({ getRandomValues: crypto.getRandomValues.bind(crypto) } as Crypto)
  api.use(http.untyped.get(`${ISSUER}/.well-known/openid-configuration`, () => HttpResponse.json({ issuer: ISSUER, authorization_endpoint: ISSUER })))
  await expect(begin()).rejects.toMatchObject({ code: 'insecure-address', passing: false, message: expect.stringContaining('https') as string })
  expect(left()).toBe(1)
  expect(sessionStorage.getItem('axis.sign-in')).toBeNull()
})
