/** The real programs, started for a run of tests, with a Chatwoot stand-in to play the customer. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { expect, test as base } from '@playwright/test'

export const ROOT = join(import.meta.dirname, '../..')

export const AXIS = process.env.AXIS ?? join(ROOT, 'target/debug/axis')

interface Ready {
  ready: true
  url: string
  chatwootUrl: string
  chatwootAccountId: number
}

export class System {
  readonly url: string
  readonly #sim: string
  readonly #account: number

  constructor(ready: Ready) {
    this.url = ready.url
    this.#sim = ready.chatwootUrl
    this.#account = ready.chatwootAccountId
  }

  /** A customer begins a conversation; answers its number in Chatwoot. */
  async customerBegins(name: string, text: string): Promise<number> {
    const told = await this.#play('/_sim/conversations', { contact: { name }, text })
    return told.conversation as number
  }

  async customerWrites(conversation: number, text: string): Promise<void> {
    await this.#play(`/_sim/conversations/${conversation}/incoming`, { text })
  }

  async customerTypes(conversation: number): Promise<void> {
    await this.#play('/_sim/typing', { conversation, on: true })
  }

  /** What the stand-in has of a conversation, as text: the last word on what was sent. */
  async chatwoot(): Promise<string> {
    const answer = await fetch(`${this.#sim}/_sim/state`)
    return await answer.text()
  }

  async #play(path: string, what: object): Promise<Record<string, unknown>> {
    const answer = await fetch(this.#sim + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ account: this.#account, ...what }),
    })
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`)
    const text = await answer.text()
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  }
}

/** Everything, with its data in a folder and these settings. */
export async function start(
  folder: string,
  settings: Record<string, string> = {},
): Promise<{ system: System; process: ChildProcess }> {
  const child = spawn(
    AXIS,
    ['--output', 'json', '--data-dir', folder, 'up', '--port', '0', '--sim-port', '0', '--trickle', '0'],
    { cwd: ROOT, env: { ...process.env, SHELL_DIR: join(ROOT, 'shell/dist'), ...settings }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`axis up ended with ${code ?? 'a signal'}`)))
  })
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('"ready":true')) return JSON.parse(line) as Ready
    }
    throw new Error('axis up said nothing')
  })()
  return { system: new System(await Promise.race([ready, failed])), process: child }
}

/** Asks a program to end, and waits until it has. */
export async function ended(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await exited
}

export const test = base.extend<object, { system: System }>({
  /** A page that broke no rule of its content security policy. */
  page: async ({ page }, give) => {
    const refused: string[] = []
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) refused.push(message.text())
    })
    await give(page)
    expect(refused).toEqual([])
  },
  system: [
    // eslint-disable-next-line no-empty-pattern -- the signature is Playwright's
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'axis-e2e-'))
      const { system, process: child } = await start(folder)
      await use(system)
      await ended(child)
      await rm(folder, { recursive: true, force: true })
    },
    { scope: 'worker', timeout: 120_000 },
  ],
})

export { expect }
