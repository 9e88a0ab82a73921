/**
 * Who works here, and the token that proves it.
 *
 * One seam for every way of signing in: `session()` says who it is, `token()` is asked before each
 * request, so that a provider can renew it. Development has one person and one token that never
 * expires; an OpenID provider will be a second `Provider`.
 */
export interface Person {
  readonly id: string
  readonly name: string
}

export interface Provider {
  readonly person: Person
  /** A token that is valid now. */
  token: () => Promise<string>
}

/** What an API with `AUTH_MODE=dev` accepts. */
const development: Provider = {
  person: { id: 'dev-admin', name: 'Dev Admin' },
  token: () => Promise.resolve('mock-token'),
}

export function session(): Provider {
  return development
}
