/**
 * Who is signed in, and the token that proves it.
 *
 * All ways of signing in sit behind one interface, and the API says which one to use: development has people who need
 * not prove anything, otherwise people sign in with an OpenID provider (`openid.ts`, loaded on demand). `token()` is
 * called before each request, so that a provider can renew it.
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

/** Used until the API has said who is signed in. */
const SOMEBODY: Person = { id: 'dev-admin', name: 'Dev Admin', may: () => true }

let current: Session = { ...developer(), person: SOMEBODY }

/** Kept once there is one, so that people need not sign in again because the API does not answer. */
let provider: Provider | null = null

/** A person, and their permissions as one text to compare. */
interface Told {
  readonly person: Person
  readonly rights: string
}

/** What was last told of the person. It counts once it is shown. */
const newest = createStore<Told>({ person: SOMEBODY, rights: '' })
/** The permissions that are shown. */
const shown = createStore('')
/** The request for what the newest token allows. */
let asking: Promise<void> | null = null

export function session(): Session {
  return current
}

/**
 * Signs somebody in, which may leave the page. `known` is called once there is a token, before the API has said whose
 * it is.
 */
export async function begin(known: () => void): Promise<void> {
  if (window.location.pathname === SIGNED_OUT) throw signedOut()
  try {
    provider ??= await providerOf()
    current = Object.assign(provider, { person: SOMEBODY })
    const told = personOf(await provider.token())
    known()
    newest.set(await told)
    showRoles()
    provider.onNew = () => void ask().catch(() => undefined)
  } catch (error) {
    const failure = Failure.from(error)
    if (!failure.passing || failure.code === 'signed-out') provider = null
    throw failure
  }
}

/** Gets a new token, which has the person's current roles, and asks what they allow. */
export async function withRolesOfNow(): Promise<void> {
  await current.anew()
  await (asking ?? ask())
}

/** Asks what the current token allows. */
function ask(): Promise<void> {
  const asked = answer().finally(() => {
    if (asking === asked) asking = null
  })
  asking = asked
  return asked
}

async function answer(): Promise<void> {
  newest.set(await personOf(await current.token()))
  if (newest.get().rights === shown.get()) showRoles()
}

/**
 * The person's permissions: those that the newest token gives, and those that are shown. Use the latter as a key to
 * render anew what depends on them.
 */
export function useRoles(): { told: string; shown: string } {
  return { told: useStore(newest, ({ rights }) => rights), shown: useStore(shown) }
}

/** From now on the person may do what the newest token allows. */
export function showRoles(): void {
  const { person, rights } = newest.get()
  Object.assign(current, { person })
  shown.set(rights)
}

async function personOf(token: string): Promise<Told> {
  const { id, name, permissions } = await read<Me>('/api/v1/me', token)
  const granted = new Set(permissions)
  return { person: { id, name, may: (one) => granted.has(one) }, rights: [...granted].sort().join(' ') }
}

async function providerOf(): Promise<Provider> {
  // The provider may just have sent the person back.
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
