/**
 * Who works here, and the token that proves it.
 *
 * One seam for every way of signing in, which the API names: development has people who need not
 * prove anything; else an OpenID provider knows them (`openid.ts`, loaded when it is needed).
 * `token()` is asked before each request, so that a provider can renew it.
 */
import { deadline } from '../api/deadline.ts'
import { Failure } from '../api/failure.ts'
import { API_ORIGIN } from '../api/origin.ts'
import type { Me, Permission, SignIn } from '../api/types.ts'

import { developer } from './development.ts'
import { type Provider, SIGNED_OUT, signedOut } from './provider.ts'

export interface Person {
  readonly id: string
  readonly name: string
  may: (permission: Permission) => boolean
}

export interface Session extends Provider {
  readonly person: Person
}

/** Until the API has said who it is. */
const SOMEBODY: Person = { id: 'dev-admin', name: 'Dev Admin', may: () => true }

let current: Session = { ...developer(), person: SOMEBODY }

/** It knows somebody already: it is not asked again because the API does not answer. */
let provider: Provider | null = null

export function session(): Session {
  return current
}

/** Signs somebody in; may leave the page for that. `known` is called once there is a token, before it is said whose it is. */
export async function begin(known: () => void): Promise<void> {
  if (window.location.pathname === SIGNED_OUT) throw signedOut()
  try {
    provider ??= await providerOf()
    current = Object.assign(provider, { person: SOMEBODY })
    const told = read<Me>('/api/v1/me', await provider.token())
    known()
    const { id, name, permissions } = await told
    const granted = new Set(permissions)
    current = Object.assign(provider, { person: { id, name, may: (one: Permission) => granted.has(one) } })
  } catch (error) {
    const failure = Failure.from(error)
    if (!failure.passing || failure.code === 'signed-out') provider = null
    throw failure
  }
}

async function providerOf(): Promise<Provider> {
  // The provider may have sent somebody back.
  if (new URLSearchParams(window.location.search).has('state')) {
    const { finish } = await import('./openid.ts')
    const back = await finish()
    if (back) return back
  }
  const config = await read<SignIn>('/api/v1/auth/config')
  if (config.mode === 'dev') return developer()
  const { leave } = await import('./openid.ts')
  return await leave(config)
}

async function read<T>(path: string, token?: string): Promise<T> {
  let answer: Response
  try {
    const headers = token ? { authorization: `Bearer ${token}` } : {}
    answer = await fetch(API_ORIGIN + path, { headers, signal: deadline() })
  } catch (error) {
    throw Failure.from(error)
  }
  if (!answer.ok) throw await Failure.of(answer)
  return (await answer.json().catch(() => ({}))) as T
}
