import { HttpResponse } from 'msw'
import { onTestFinished } from 'vitest'

import { session } from '../auth/session.ts'

import { api, http } from './api.ts'

/** Notes, until the test is over, when another token is got and when it is asked what that allows. */
export function renewing(): string[] {
  const happened: string[] = []
  api.use(
    http.untyped.get('*/api/v1/me', () => {
      happened.push('roles')
      return HttpResponse.json({ id: 'ana', name: 'Ana Beispiel', permissions: ['conversations:read'] })
    }),
  )
  const { anew, person } = session()
  onTestFinished(() => void Object.assign(session(), { anew, person }))
  Object.assign(session(), { anew: () => Promise.resolve(void happened.push('token')) })
  return happened
}
