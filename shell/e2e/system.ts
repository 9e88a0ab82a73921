/** The real programs, started for a run of tests, with a Chatwoot stand-in to play the customer. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { type Browser, expect, type Page, test as base } from '@playwright/test'

export const ROOT = join(import.meta.dirname, '../..')

export const AXIS = process.env.AXIS ?? join(ROOT, 'target/debug/axis')

/** What a program needs of this machine; all else is a setting of ours. */
const KEPT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'AXIS_POSTGRES_BIN', 'AXIS_NATS_SERVER']

/** What no setting of this shell's changes: it may name a database that is not to be tried on. */
export function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(KEPT.map((name) => [name, process.env[name]]))
}

interface Ready {
  ready: true
  url: string
  chatwootUrl: string
  chatwootAccountId: number
}

/** A conversation as the stand-in has it: the last word on what reached Chatwoot. */
export interface Chat {
  id: number
  status: string
  priority: string | null
  labels: string[]
  meta: { assignee?: { name: string } | null; team?: { name: string } | null }
  messages: {
    id: number
    content: string | null
    message_type: number
    private: boolean
    status: string
    sender?: { name: string } | null
    attachments?: unknown[]
  }[]
}

/** What the stand-in lets an administrator in with. */
const ADMINISTRATOR = 'sim-admin-token'

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
  async customerBegins(name: string, text: string, channel = 'Channel::WebWidget'): Promise<number> {
    const told = await this.#play('/_sim/conversations', { contact: { name }, text, channel })
    return told.conversation as number
  }

  async customerWrites(conversation: number, text: string): Promise<void> {
    await this.#play(`/_sim/conversations/${conversation}/incoming`, { text })
  }

  async customerTypes(conversation: number): Promise<void> {
    await this.#play('/_sim/typing', { conversation, on: true })
  }

  async customerSends(conversation: number, text: string, file: { name: string; content_type: string; size: number }): Promise<void> {
    await this.#play(`/_sim/conversations/${conversation}/incoming`, { text, attachments: [file] })
  }

  /** Somebody works in Chatwoot itself. */
  async agentResolves(conversation: number): Promise<void> {
    await this.#play(`/_sim/conversations/${conversation}/status`, { status: 'resolved' })
  }

  /** Whether Chatwoot keeps what happens in it to itself for now; then it tells all of it at once. */
  async withholds(stall: boolean): Promise<void> {
    await this.#send('PUT', '/_sim/faults', { webhooks: { stall } })
  }

  /** Chatwoot's channel says what became of a message. */
  async channelReports(conversation: number, message: number, status: string, external_error?: string): Promise<void> {
    await this.#play(`/_sim/conversations/${conversation}/messages/${message}/status`, { status, external_error })
  }

  async chat(conversation: number): Promise<Chat> {
    const { accounts } = (await (await fetch(`${this.#sim}/_sim/state`)).json()) as { accounts: { id: number; conversations: Chat[] }[] }
    const chat = accounts.find(({ id }) => id === this.#account)?.conversations.find(({ id }) => id === conversation)
    if (!chat) throw new Error(`Chatwoot has no conversation ${conversation}`)
    return chat
  }

  /** What Chatwoot has of a conversation with these words in it. */
  async sent(conversation: number, words: string): Promise<Chat['messages']> {
    return (await this.chat(conversation)).messages.filter(({ content }) => content?.includes(words))
  }

  /** What goes wrong with answers of Chatwoot from now on; nothing, if nothing is given. */
  async faults(rest: object = {}): Promise<void> {
    await this.#send('PUT', '/_sim/faults', { rest })
  }

  /** Chatwoot signs and sends what is no event, whatever it says that it is. */
  async chatwootSendsNonsense(words: string, event = 'message_created'): Promise<void> {
    const answer = await fetch(`${this.#sim}/api/v1/accounts/${this.#account}/webhooks`, {
      headers: { api_access_token: ADMINISTRATOR },
    })
    const { payload } = (await answer.json()) as { payload: { webhooks: { url: string; secret: string }[] } }
    const body = JSON.stringify({ event, id: 1, content: words, account: { id: this.#account }, conversation: words })
    const timestamp = String(Math.floor(Date.now() / 1000))
    for (const { url, secret } of payload.webhooks) {
      const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
      const taken = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-chatwoot-timestamp': timestamp,
          'x-chatwoot-signature': `sha256=${signature}`,
        },
        body,
      })
      if (!taken.ok) throw new Error(`the receiver answers ${taken.status}: ${await taken.text()}`)
    }
  }

  /** Asks the API, as Dev Agent, who may not decide. */
  async asAgent<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: 'Bearer mock-agent-token', 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path} answers ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as T
  }

  /** What the API calls the conversation of somebody by that name, once it has it. */
  async conversationOf(name: string): Promise<string> {
    let id: string | undefined
    await expect(async () => {
      const { data } = await this.asAgent<{ data: { id: string }[] }>('GET', `/conversations?search=${encodeURIComponent(name)}`)
      id = data[0]?.id
      expect(id).toBeDefined()
    }).toPass()
    return id!
  }

  /** Waits until the API has at least so many conversations by that name, each with its first message: then none of their rows moves any more. */
  async received(name: string, count = 1): Promise<void> {
    const path = `/conversations?search=${encodeURIComponent(name)}&limit=50`
    const found = () => this.asAgent<{ data: { contact: { name: string | null } | null; lastMessage?: object | null }[] }>('GET', path)
    const whole = async () =>
      (await found()).data.filter(({ contact, lastMessage }) => contact?.name?.includes(name) === true && lastMessage != null).length
    await expect.poll(whole, { timeout: 60_000 }).toBeGreaterThanOrEqual(count)
  }

  /** Dev Agent asks for a decision; answers the number of the request. */
  async escalate(conversation: string, reason: string): Promise<string> {
    const { id } = await this.asAgent<{ id: string }>('POST', `/conversations/${conversation}/escalate`, { reason })
    return id
  }

  async #play(path: string, what: object): Promise<Record<string, unknown>> {
    return await this.#send('POST', path, { account: this.#account, ...what })
  }

  async #send(method: string, path: string, body: object): Promise<Record<string, unknown>> {
    const answer = await fetch(this.#sim + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`)
    const text = await answer.text()
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  }
}

/** Everything, with its data in a folder and these settings, at any port. */
export async function start(folder: string, settings: Record<string, string> = {}): Promise<{ system: System; process: ChildProcess }> {
  const child = spawn(
    AXIS,
    ['--output', 'json', '--data-dir', folder, 'up', '--port', '0', '--sim-port', '0', '--trickle', '0'],
    { cwd: ROOT, env: { ...environment(), SHELL_DIR: join(ROOT, 'shell/dist'), ...settings }, stdio: ['ignore', 'pipe', 'inherit'] },
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

/** A page that breaks no rule of its content security policy, for as long as it is used. */
async function lawful(page: Page, give: (page: Page) => Promise<void>): Promise<void> {
  const refused: string[] = []
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) refused.push(message.text())
  })
  await give(page)
  expect(refused).toEqual([])
}

/** A browser of its own for another person, who may not decide. */
async function another(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  await context.addInitScript(() => sessionStorage.setItem('axis.developer', 'agent'))
  return await context.newPage()
}

export const test = base.extend<{ colleague: Page }, { system: System }>({
  page: async ({ page }, use) => await lawful(page, use),
  /** What Dev Agent sees; `page` is Dev Admin's. */
  colleague: async ({ browser }, use) => {
    const page = await another(browser)
    await lawful(page, use)
    await page.context().close()
  },
  system: [
    // eslint-disable-next-line no-empty-pattern -- the signature is Playwright's
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'axis-e2e-'))
      // What fails has failed soon, but waits long enough for a busy page to show it.
      const waits = { OUTBOUND_RETRY_FIRST_MS: '8000', OUTBOUND_RETRY_LONGEST_SECONDS: '8' }
      const { system, process: child } = await start(folder, { OUTBOUND_ATTEMPTS: '2', OUTBOUND_GIVE_UP_SECONDS: '1', ...waits })
      await use(system)
      await ended(child)
      await rm(folder, { recursive: true, force: true })
    },
    { scope: 'worker', timeout: 300_000 },
  ],
})

export { expect }
