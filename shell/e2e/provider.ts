/** A real OpenID provider: the one that the API's own tests use. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

import { expect, type Page } from '@playwright/test'

import { AXIS, ended, environment, ROOT } from './system.ts'

export class Provider {
  readonly url: string
  readonly #process: ChildProcess

  constructor(url: string, process: ChildProcess) {
    this.url = url
    this.#process = process
  }

  /** It has to know its address before it listens: where somebody else has taken the port meanwhile, it is another one. */
  static async start(): Promise<Provider> {
    for (let tries = 1; tries <= 3; tries++) {
      const port = await freePort()
      const script = join(ROOT, '.tools/openid/provider.mjs')
      const child = spawn('node', [script, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
      for await (const line of createInterface({ input: child.stdout })) {
        if (line === 'ready') return new Provider(`http://127.0.0.1:${port}`, child)
      }
    }
    throw new Error('the OpenID provider does not start')
  }

  /** What the programs need to let its people in; tokens are good for so many seconds. */
  settings(seconds: number): Record<string, string> {
    return {
      AUTH_MODE: 'oidc',
      OIDC_ISSUER: this.url,
      OIDC_AUDIENCE: 'axis',
      OIDC_CLOCK_SKEW_SECONDS: '0',
      OIDC_PARAMETERS: `resource=urn:axis?ttl=${seconds}`,
    }
  }

  async stop(): Promise<void> {
    await ended(this.#process)
  }
}

/** Lets the people of a company into the tenant that there is. */
export async function claim(folder: string): Promise<void> {
  const command = ['--data-dir', folder, 'tenants', 'claims', 'add', 'mock-tenant-id', 'acme']
  await promisify(execFile)(AXIS, command, { cwd: ROOT, env: environment() })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('there is no free port')
  return address.port
}

/** Opens an address of the Shell, and comes there by way of the provider. */
export async function signIn(page: Page, address: string, provider: Provider, name: string): Promise<void> {
  await page.goto(address)
  await expect(page).toHaveURL((url) => url.origin === provider.url)
  await page.getByRole('link', { name }).click()
  await expect(page.locator('[data-connection=live]')).toBeVisible()
}
