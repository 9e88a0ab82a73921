// A real OpenID provider for tests: `node provider.mjs <port> [issuer]`, below .tools/openid, where
// `tools/setup test` puts it beside its packages. Says `ready` when it listens.
//
// Whoever `login_hint` names is signed in without being asked; without one, a page asks. Who there is,
// PEOPLE says. Access tokens are JWTs, meant for the `resource` that was asked for. Beside the
// standard's addresses:
//
//   POST /test/rotate   signs with a new key from now on; the old ones stay published
//   POST /test/retire   publishes the newest key only
import { createServer } from 'node:http'
import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'

import Provider from 'oidc-provider'

const [port, issuer = `http://127.0.0.1:${port}`] = process.argv.slice(2)

// As many as some providers tell of everybody.
const GROUPS = Array.from({ length: 60 }, (_, n) => `group-${n}`)

const PEOPLE = {
  ana: { name: 'Ana', tenant: 'acme', realm_access: { roles: ['agent', 'offline_access'] } },
  ben: { name: 'Ben', tenant: 'acme', realm_access: { roles: ['approver'] } },
  eve: { name: 'Eve', tenant: 'elsewhere', realm_access: { roles: ['admin'] } },
  joe: { name: 'Joe', tenant: ['acme', 'other'], realm_access: { roles: ['viewer'] } },
  kim: { name: 'Kim', tenant: [...GROUPS, 'acme'], realm_access: { roles: ['viewer'] } },
  lea: { name: 'Lea', tenant: ['acme', ...GROUPS, 'other'], realm_access: { roles: ['viewer'] } },
  max: { name: 'Max', tenant: 'acme' },
}

const ALGORITHMS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
}

const makeKeys = promisify(generateKeyPair)
let made = 0

async function newKeys() {
  made += 1
  const keys = []
  for (const [alg, [kind, options]] of Object.entries(ALGORITHMS)) {
    const { privateKey } = await makeKeys(kind, options)
    keys.push({ ...privateKey.export({ format: 'jwk' }), kid: `${alg}-${made}`, alg, use: 'sig' })
  }
  return keys
}

function provider(keys) {
  const made = new Provider(issuer, {
    jwks: { keys },
    clients: [
      {
        client_id: 'shell',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback', 'http://127.0.0.1/app/', 'http://127.0.0.1/'],
        post_logout_redirect_uris: ['http://127.0.0.1/app/signed-out', 'http://127.0.0.1/signed-out'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        application_type: 'native',
      },
    ],
    enabledJWA: { idTokenSigningAlgValues: Object.keys(ALGORITHMS) },
    pkce: { required: () => true },
    clientBasedCORS: () => true,
    issueRefreshToken: () => true,
    claims: { openid: ['sub'] },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        // `urn:<audience>?alg=ES256&ttl=1`
        getResourceServerInfo: (_, resource) => {
          const [audience, options] = resource.split('?')
          const { alg = 'RS256', ttl = '600' } = Object.fromEntries(new URLSearchParams(options))
          return {
            audience: audience.replace(/^urn:/, ''),
            scope: 'openid',
            accessTokenFormat: 'jwt',
            accessTokenTTL: Number(ttl),
            jwt: { sign: { alg } },
          }
        },
      },
    },
    extraTokenClaims: (_, token) => PEOPLE[token.accountId],
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...PEOPLE[sub] }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    cookies: { keys: ['a test has nothing to hide'] },
  })
  made.on('server_error', (_, error) => console.error(error))
  return made
}

/** Signs in whom `login_hint` or somebody's click names, and grants what is asked for. */
async function interact(current, request, response) {
  const { params, session } = await current.interactionDetails(request, response)
  const chosen = new URL(request.url, issuer).searchParams.get('as')
  const accountId = chosen ?? session?.accountId ?? params.login_hint
  if (!accountId) {
    const links = Object.entries(PEOPLE).map(([id, { name }]) => `<a href="?as=${id}">${name}</a>`)
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(`<!doctype html><title>Sign in</title><h1>Who are you?</h1>${links.join(' ')}`)
    return
  }
  const grant = new current.Grant({ accountId, clientId: params.client_id })
  grant.addOIDCScope('openid')
  grant.addResourceScope(params.resource, 'openid')
  const consent = { grantId: await grant.save() }
  await current.interactionFinished(request, response, { login: { accountId }, consent })
}

let keys = await newKeys()
let current = provider(keys)

createServer((request, response) => {
  const answer = (work) =>
    work.then(
      () => response.writableEnded || response.writeHead(204).end(),
      (error) => {
        console.error(error)
        response.writeHead(500).end()
      },
    )
  if (request.url === '/test/rotate' || request.url === '/test/retire') {
    const old = request.url === '/test/rotate' ? keys : []
    answer(
      newKeys().then((fresh) => {
        keys = [...fresh, ...old]
        current = provider(keys)
      }),
    )
  } else if (request.url.startsWith('/interaction/')) {
    answer(interact(current, request, response))
  } else {
    current.callback()(request, response)
  }
}).listen(Number(port), '127.0.0.1', () => console.log('ready'))
