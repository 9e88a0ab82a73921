import { HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'

import { Failure } from '#api/failure.ts'
import { api, http } from '#test/api.ts'

import { begin, session } from './session.ts'

function given(me: () => Response) {
  api.use(http.untyped.get('*/api/v1/auth/config', () => HttpResponse.json({ mode: 'dev' })), http.untyped.get('*/api/v1/me', me))
}

test('a person may what the API says, and nothing else', async () => {
  given(() => HttpResponse.json({ id: 'vera', name: 'Vera Viewer', kind: 'person', tenantId: 'acme', permissions: ['conversations:read'] }))
  await begin(() => undefined)
  const { person } = session()
  expect(person).toMatchObject({ id: 'vera', name: 'Vera Viewer' })
  expect(person.may('conversations:read')).toBe(true)
  expect(person.may('conversations:reply')).toBe(false)
  expect(person.may('approvals:decide')).toBe(false)
})

test('whom the API does not know is not let in, and told why', async () => {
  given(() => HttpResponse.json({ status: 403, code: 'no-tenant', detail: 'nobody knows your company' }, { status: 403 }))
  const known = vi.fn()
  const refused: unknown = await begin(known).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(Failure)
  expect(refused).toMatchObject({ status: 403, code: 'no-tenant', message: 'nobody knows your company' })
  expect(known).toHaveBeenCalledOnce()
})
