/** The Shell on a static host of its own, the API at another origin, and people of a provider at a third. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { promisify } from 'node:util'

import { delivered, log, row, send } from './desk.ts'
import { claim, Provider, signIn } from './provider.ts'
import { ended, expect, ROOT, start, type System, test as base } from './system.ts'

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

/** What Vercel is told to send, and with what. */
interface Rules {
  buildCommand: string
  headers: { source: string; headers: { key: string; value: string }[] }[]
}

/** A host of files that goes by the rules for Vercel, as far as they are used: what is no file is `index.html`. */
function hostOf(folder: string, { headers }: Rules, origins: readonly string[]): RequestListener {
  return (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://host').pathname)
    const file = TYPES[extname(path)] ? path : '/index.html'
    const said = headers.filter(({ source }) => new RegExp(`^${source}$`).test(path)).flatMap((rule) => rule.headers)
    for (const { key, value } of said) {
      // Nothing here has TLS.
      response.setHeader(key, value.replace("connect-src 'self' https:", `connect-src 'self' ${origins.join(' ')}`))
    }
    readFile(join(folder, file)).then(
      (bytes) => response.writeHead(200, { 'content-type': TYPES[extname(file)] }).end(bytes),
      () => response.writeHead(404).end(),
    )
  }
}

const test = base.extend<object, { host: { shell: string; provider: Provider; there: System } }>({
  host: [
    // eslint-disable-next-line no-empty-pattern -- the signature is Playwright's
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'axis-e2e-'))
      const built = join(folder, 'shell')
      const host = createServer()
      await new Promise<void>((listens) => host.listen(0, '127.0.0.1', listens))
      const shell = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
      const provider = await Provider.start()
      const { system: there, process: child } = await start(join(folder, 'data'), { ...provider.settings(600), CORS_ORIGIN: shell })
      await claim(join(folder, 'data'))
      const rules = JSON.parse(await readFile(join(ROOT, 'shell/vercel.json'), 'utf8')) as Rules
      expect(rules.buildCommand).toBe('SHELL_BASE=/ npm run build')
      await promisify(execFile)('npx', ['vite', 'build', '--outDir', built], {
        cwd: join(ROOT, 'shell'),
        env: { ...process.env, VITE_API_URL: there.url, SHELL_BASE: '/' },
      })
      // Chromium refuses what the policy does not name, and tells; `page` fails then.
      host.on('request', hostOf(built, rules, [there.url, provider.url]))
      await use({ shell, provider, there })
      host.closeAllConnections()
      host.close()
      await ended(child)
      await provider.stop()
      await rm(folder, { recursive: true, force: true })
    },
    { scope: 'worker', timeout: 300_000 },
  ],
})

test('signing in, a deep link, a reply with a file, and what is live work from a host of its own', async ({ page, host }) => {
  const { shell, provider, there } = host
  const number = await there.customerBegins('Hilda Host', 'Where are you?')
  await signIn(page, `${shell}/inbox?search=Hilda`, provider, 'Ana')
  await expect(page).toHaveURL(`${shell}/inbox?search=Hilda`)
  await row(page, 'Hilda Host').click()
  await expect(log(page)).toContainText('Where are you?')
  // The address alone brings somebody here.
  await page.goto(page.url())
  await expect(log(page)).toContainText('Where are you?')

  await page.locator('[data-attach]').setInputFiles({ name: 'map.txt', mimeType: 'text/plain', buffer: Buffer.from('Here.') })
  await send(page, 'Elsewhere.')
  await expect(delivered(page)).toBeVisible()
  expect(await there.sent(number, 'Elsewhere.')).toMatchObject([{ attachments: [{ file_type: 'file' }] }])
  await there.customerWrites(number, 'I see you.')
  await expect(log(page)).toContainText('I see you.')
})
