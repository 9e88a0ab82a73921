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
import { createStore, useStore } from '../base/store.ts'

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

/** What the person may, in one text. */
let rights = ''
const changes = createStore(0)

export function session(): Session {
  return current
}

/** Signs somebody in; may leave the page for that. `known` is called once there is a token, before it is said whose it is. */
export async function begin(known: () => void): Promise<void> {
  if (window.location.pathname === SIGNED_OUT) throw signedOut()
  try {
    provider ??= await providerOf()
    current = Object.assign(provider, { person: SOMEBODY })
    const told = personOf(await provider.token())
    known()
    current = Object.assign(provider, { person: await told })
  } catch (error) {
    const failure = Failure.from(error)
    if (!failure.passing || failure.code === 'signed-out') provider = null
    throw failure
  }
}

/** Takes a token that says what this person may by now, and asks what that is. */
export async function withRolesOfNow(): Promise<void> {
  const before = rights
  await current.anew()
  Object.assign(current, { person: await personOf(await current.token()) })
  if (rights === before) return
  changes.set(changes.get() + 1)
}

/** How often what this person may has changed: what goes by it is drawn anew then. */
export function useRoles(): number {
  return useStore(changes)
}

async function personOf(token: string): Promise<Person> {
  const { id, name, permissions } = await read<Me>('/api/v1/me', token)
  const granted = new Set(permissions)
  rights = [...granted].sort().join(' ')
  return { id, name, may: (one) => granted.has(one) }
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
