/**
 * Signing in with an OpenID provider, by an authorisation code with PKCE.
 *
 * ```text
 * leave ──► provider ──► finish ──► tokens, in the memory of this page
 *   ▲                                  │ renewed before they end
 *   └───────── somebody asks ◄── ended ┘ when the provider gives none any more
 * ```
 *
 * A page that is loaded anew has no tokens: it leaves for the provider, which knows the person, and
 * is back at once. Meanwhile session storage keeps where they were and what proves that the answer is
 * to this question; never a token.
 */
import * as oauth from 'oauth4webapi'

import { deadline } from '../api/deadline.ts'
import { Failure } from '../api/failure.ts'
import type { SignIn } from '../api/types.ts'

import { end } from './ended.ts'
import { type Provider, SIGNED_OUT, signedOut } from './provider.ts'

export type OpenId = Extract<SignIn, { mode: 'oidc' }>

interface Pending {
  config: OpenId
  server: oauth.AuthorizationServer
  verifier: string
  state: string
  nonce: string
  /** Path and search of where somebody was. */
  place: string
  /** The provider was asked about the code that it gave. */
  asked?: true
}

const PENDING = 'axis.sign-in'
const HOME = import.meta.env.BASE_URL

/** The first of these answers no more before they end, so that a slow request has time. */
const EARLY = 30_000
/** How long to wait for the provider's answer. Milliseconds. */
const PATIENCE = 15_000
/** How long a renewal may take: the provider may have replaced the refresh token, and only its answer has the new one. Milliseconds. */
const RENEWAL = 120_000

/** Leaves for the provider. */
export async function leave(config: OpenId): Promise<never> {
  const { pathname, search } = window.location
  const server = await discover(config)
  const verifier = oauth.generateRandomCodeVerifier()
  const pending: Pending = {
    config,
    server,
    verifier,
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    place: new URLSearchParams(search).has('state') ? HOME : pathname + search,
  }
  const address = new URL(server.authorization_endpoint ?? missing('no authorisation endpoint'))
  const asked = {
    ...config.parameters,
    client_id: config.clientId,
    redirect_uri: home(),
    response_type: 'code',
    scope: config.scopes.join(' '),
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value)
  // This fails where nothing can be kept: whoever came back would else be sent there again, for ever.
  sessionStorage.setItem(PENDING, JSON.stringify(pending))
  window.location.assign(address)
  return await new Promise<never>(() => undefined)
}

/** Takes what the provider answered; null if this page asked it nothing, or has to ask anew. */
export async function finish(): Promise<Provider | null> {
  const text = sessionStorage.getItem(PENDING)
  if (text === null) return null
  const pending = JSON.parse(text) as Pending
  sessionStorage.setItem(PENDING, JSON.stringify({ ...pending, asked: true }))
  let waits = false
  try {
    return await redeem(pending)
  } catch (error) {
    // A code is good for one answer, and that was lost: somebody signs in anew.
    if (pending.asked && error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant') return null
    const failure = error instanceof Failure ? error : failed(error)
    // The same answer will do later: nobody is sent to the provider again for that.
    waits = failure.passing
    throw failure
  } finally {
    if (!waits) {
      sessionStorage.removeItem(PENDING)
      // Neither the code stays in the address, nor what went wrong: reloading tries once more.
      window.history.replaceState(null, '', pending.place)
    }
  }
}

async function redeem({ config, server, verifier, state, nonce }: Pending): Promise<Provider> {
  const client = { client_id: config.clientId }
  const checked = oauth.validateAuthResponse(server, client, new URLSearchParams(window.location.search), state)
  const given = await answered(
    oauth.authorizationCodeGrantRequest(server, client, oauth.None(), checked, home(), verifier, manner(config)),
  )
  const tokens = await oauth.processAuthorizationCodeResponse(
    server, client, given, config.scopes.includes('openid') ? { expectedNonce: nonce } : {},
  )
  return new Tokens(config, server, tokens)
}

/** What the provider cannot answer now, it may answer later. */
async function answered(asked: Promise<Response>): Promise<Response> {
  const given = await asked.catch((error: unknown) => {
    throw Failure.from(error)
  })
  const failure = new Failure(given.status, {})
  if (failure.passing) throw failure
  return given
}

class Tokens implements Provider {
  readonly tickets = true
  readonly #config: OpenId
  readonly #server: oauth.AuthorizationServer
  #access = ''
  #refresh: string | undefined
  #id: string | undefined
  #endsAt: number | null = null
  #early = EARLY
  #renewing: Promise<void> | null = null

  constructor(config: OpenId, server: oauth.AuthorizationServer, tokens: oauth.TokenEndpointResponse) {
    this.#config = config
    this.#server = server
    this.#take(tokens)
  }

  get endsAt(): number | null {
    return this.#endsAt
  }

  token = async (): Promise<string> => {
    const endsAt = this.#endsAt ?? Infinity
    const good = endsAt - Date.now()
    if (good <= this.#early) {
      // Half of what is left is for the request.
      await this.#renew(good > 0 ? good / 2 : PATIENCE).catch((error: unknown) => {
        const { passing, code } = Failure.from(error)
        // Until then the one that there is will do.
        if (!passing || code === 'signed-out' || Date.now() >= endsAt) throw error
      })
    }
    return this.#access
  }

  renewed = async (refused: string): Promise<boolean> => {
    if (refused === this.#access) await this.#renew(PATIENCE)
    return true
  }

  anew = async (): Promise<void> => {
    // Nobody is signed out for that: the token that there is may be good still.
    if (this.#refresh !== undefined) await this.#renew(PATIENCE, false)
  }

  signOut = (): void => {
    const { end_session_endpoint: there } = this.#server
    const address = new URL(there ?? SIGNED_OUT, window.location.origin)
    if (there) {
      address.searchParams.set('client_id', this.#config.clientId)
      address.searchParams.set('post_logout_redirect_uri', window.location.origin + SIGNED_OUT)
      if (this.#id) address.searchParams.set('id_token_hint', this.#id)
    }
    window.location.assign(address)
  }

  /**
   * One request, however many wait for it, and none of them longer than they like: a late answer is taken, too.
   * Who is given no other token, and needs one, is signed out.
   */
  #renew(longest: number, needed = true): Promise<void> {
    this.#renewing ??= this.#ask().finally(() => (this.#renewing = null))
    const renewed = this.#renewing
    if (needed) {
      void renewed.catch((error: unknown) => {
        if (Failure.from(error).code === 'signed-out') end()
      })
    }
    return Promise.race([renewed, late(longest)])
  }

  async #ask(): Promise<void> {
    const client = { client_id: this.#config.clientId }
    const refresh = this.#refresh
    if (refresh === undefined) throw signedOut()
    const given = await answered(
      oauth.refreshTokenGrantRequest(this.#server, client, oauth.None(), refresh, manner(this.#config, RENEWAL)),
    )
    try {
      this.#take(await oauth.processRefreshTokenResponse(this.#server, client, given))
    } catch {
      // Asked with once more, it would be refused once more.
      this.#refresh = undefined
      throw signedOut()
    }
  }

  #take(tokens: oauth.TokenEndpointResponse): void {
    const { access_token, refresh_token, id_token, expires_in } = tokens
    this.#access = access_token
    this.#refresh = refresh_token ?? this.#refresh
    this.#id = id_token ?? this.#id
    this.#endsAt = expires_in === undefined ? null : Date.now() + expires_in * 1000
    this.#early = Math.min(EARLY, (expires_in ?? 0) * 200)
  }
}

async function discover(config: OpenId): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(config.issuer)
  try {
    return await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, manner(config)))
  } catch (error) {
    throw silent(error)
  }
}

/** The API takes tokens of a provider without TLS only where that is safe, or its operator said so. */
function manner({ issuer }: OpenId, longest = PATIENCE) {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its way to stand out
  return { [oauth.allowInsecureRequests]: issuer.startsWith('http:'), signal: deadline(undefined, longest) }
}

/** Fails, for now, after so long. */
async function late(milliseconds: number): Promise<never> {
  await new Promise((go) => setTimeout(go, milliseconds))
  throw silent()
}

function silent(cause?: unknown): Failure {
  return new Failure(0, { code: 'no-provider', detail: 'the sign-in provider does not answer' }, { cause })
}

function home(): string {
  return window.location.origin + HOME
}

function missing(what: string): never {
  throw new Failure(502, { code: 'no-provider', detail: `the sign-in provider names ${what}` })
}

function failed(error: unknown): Failure {
  const said = error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError
  const why = said ? (error.error_description ?? error.error) : 'its answer could not be verified'
  return new Failure(403, { code: 'not-signed-in', detail: `the sign-in provider did not sign you in: ${why}` }, { cause: error })
}
