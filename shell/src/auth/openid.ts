/**
 * Signs people in with an OpenID provider: authorization code flow with PKCE.
 *
 * ```text
 * leave ──► provider ──► finish ──► tokens, in the memory of this page
 *   ▲                                  │ renewed before they expire
 *   └──────── sign in again ◄── ended ─┘ when the provider no longer renews them
 * ```
 *
 * A reloaded page has no tokens: it goes to the provider, which knows the person and sends them back at once. Meanwhile
 * session storage holds the page they were on, and what proves that the answer belongs to this request; never a token.
 */
import * as oauth from 'oauth4webapi'

import { deadline } from '../api/deadline.ts'
import { Failure } from '../api/failure.ts'
import type { SignIn } from '../api/types.ts'

import { end } from './ended.ts'
import { INSECURE, type Provider, SIGNED_OUT, signedOut } from './provider.ts'

export type OpenId = Extract<SignIn, { mode: 'oidc' }>

interface Pending {
  config: OpenId
  server: oauth.AuthorizationServer
  verifier: string
  state: string
  nonce: string
  /** Path and query of the page that the person was on. */
  place: string
  /** Set once the provider was asked to exchange its code. */
  asked?: true
}

const PENDING = 'axis.sign-in'
const HOME = import.meta.env.BASE_URL

/** Tokens are renewed this long before they expire, so that even a slow request has a valid one. Milliseconds. */
const EARLY = 30_000
/** How long to wait for the provider's answer. Milliseconds. */
const PATIENCE = 15_000
/**
 * How long a renewal may take. The provider may already have replaced the refresh token, and only its answer has the
 * new one. Milliseconds.
 */
const RENEWAL = 120_000
/** Errors after which the same refresh token would be refused again. All others may pass. */
const FINAL = new Set([
  'invalid_grant', 'invalid_client', 'invalid_request', 'invalid_scope', 'unauthorized_client', 'unsupported_grant_type',
  'access_denied', 'login_required', 'consent_required', 'interaction_required', 'account_selection_required',
])

/** Goes to the provider to sign in. */
export async function leave(config: OpenId): Promise<never> {
  if (!('subtle' in crypto)) throw insecure()
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
  const address = new URL(server.authorization_endpoint ?? missing('no authorization endpoint'))
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
  // Throws where nothing can be stored. Otherwise the person would come back and be sent to the provider again,
  // endlessly.
  sessionStorage.setItem(PENDING, JSON.stringify(pending))
  window.location.assign(address)
  return await new Promise<never>(() => undefined)
}

/**
 * Completes signing in after the provider sent the person back. Returns null if this page had not sent them there, or
 * has to start again.
 */
export async function finish(): Promise<Provider | null> {
  const text = sessionStorage.getItem(PENDING)
  if (text === null) return null
  const pending = JSON.parse(text) as Pending
  sessionStorage.setItem(PENDING, JSON.stringify({ ...pending, asked: true }))
  let waits = false
  try {
    return await redeem(pending)
  } catch (error) {
    // A code can be exchanged once, and the answer to that was lost: sign in again.
    if (pending.asked && error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant') return null
    const failure = error instanceof Failure ? error : failed(error)
    // The same code will still do later, so nobody is sent to the provider again.
    waits = failure.passing
    throw failure
  } finally {
    if (!waits) {
      sessionStorage.removeItem(PENDING)
      // Neither the code nor an error stays in the address: reloading tries again.
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

/** Turns an answer that may be different later into a failure that says so. */
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
  onNew: (() => void) | null = null
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
      // Leave half of the remaining time for the request.
      await this.#renew(good > 0 ? good / 2 : PATIENCE).catch((error: unknown) => {
        const { passing, code } = Failure.from(error)
        // Until it expires, the current token will do.
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
    // A failure here signs nobody out: the current token may still be valid.
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
   * Renews the token: one request for all callers, of whom none waits longer than it wants to; a late answer is still
   * used. If a new token is needed and the provider gives none, the session ends.
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
    } catch (error) {
      // Not the provider's last word: it is busy, or a proxy or a page in its place answered.
      if (!(error instanceof oauth.ResponseBodyError && FINAL.has(error.error))) throw silent(error)
      this.#refresh = undefined
      throw signedOut()
    }
    this.onNew?.()
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

/**
 * Options for requests to the provider. The API accepts a provider without TLS only where that is safe or its operator
 * allowed it, so this accepts it too.
 */
function manner({ issuer }: OpenId, longest = PATIENCE) {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its way to stand out
  return { [oauth.allowInsecureRequests]: issuer.startsWith('http:'), signal: deadline(undefined, longest) }
}

/** Fails temporarily after this time. */
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

/** Browsers have the cryptography of PKCE only on pages with TLS, and on those of the machine itself. */
function insecure(): Failure {
  const detail = 'browsers sign people in only where the address begins with https; ask an administrator for such an address'
  return new Failure(403, { code: INSECURE, detail })
}

function missing(what: string): never {
  throw new Failure(502, { code: 'no-provider', detail: `the sign-in provider names ${what}` })
}

function failed(error: unknown): Failure {
  const said = error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError
  const why = said ? (error.error_description ?? error.error) : 'its answer could not be verified'
  return new Failure(403, { code: 'not-signed-in', detail: `the sign-in provider did not sign you in: ${why}` }, { cause: error })
}
