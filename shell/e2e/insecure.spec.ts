/** The Shell without TLS, under a name of its own, as companies serve it within their network. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { context, delivered, lasting, loaded, log, row, send } from './desk.ts'
import config from './playwright.config.ts'
import { ended, expect, start, type System, test as base } from './system.ts'

const HOST = 'shell.internal'
const launchOptions = config.use?.launchOptions

const test = base.extend<object, { inside: System }>({
  inside: [
    // eslint-disable-next-line no-empty-pattern -- the signature is Playwright's
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'axis-e2e-'))
      const { system, process: child } = await start(folder, { DEV_AUTH_ANYWHERE: 'true' })
      await use(system)
      await ended(child)
      await rm(folder, { recursive: true, force: true })
    },
    { scope: 'worker', timeout: 300_000 },
  ],
})
test.use({ launchOptions: { ...launchOptions, args: [...(launchOptions?.args ?? []), `--host-resolver-rules=MAP ${HOST} 127.0.0.1`] } })

test('replies, files and changes work without TLS, and what does not says so', async ({ page, inside }) => {
  const thrown: Error[] = []
  page.on('pageerror', (error) => thrown.push(error))
  await lasting(page)
  const number = await inside.customerBegins('Ines Inside', 'Is anybody in?')
  await inside.received('Ines Inside')
  const address = new URL(`${inside.url}/app/inbox?search=Ines`)
  address.hostname = HOST
  await page.goto(address.href)
  await row(page, 'Ines Inside').click()
  await loaded(page)
  expect(await page.evaluate(() => [window.isSecureContext, 'randomUUID' in crypto])).toEqual([false, false])

  await page.locator('[data-attach]').setInputFiles({ name: 'map.txt', mimeType: 'text/plain', buffer: Buffer.from('Here.') })
  await send(page, 'We all are.')
  await expect(delivered(page)).toBeVisible()
  expect(await inside.sent(number, 'We all are.')).toHaveLength(1)

  await page.keyboard.press('Escape')
  await page.keyboard.press('p')
  await page.getByRole('combobox', { name: 'Priority' }).fill('urg')
  await page.keyboard.press('Enter')
  await expect(context(page).getByRole('button', { name: 'Priority: Urgent' })).toBeVisible()
  await expect(page.getByRole('group', { name: 'Priority set to urgent' })).toBeVisible()

  await page.getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Copy link' }).click()
  await expect(page.getByRole('group', { name: 'Link not copied' })).toContainText(HOST)
  await expect(log(page).getByText('We all are.')).toHaveCount(1)
  expect(thrown).toEqual([])
})
