/** Signing in with a real OpenID provider: the one that the API's own tests use. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Page } from '@playwright/test'

import { claim, Provider, signIn as comeIn } from './provider.ts'
import { ended, expect, start, type System, test as base } from './system.ts'

/** Seconds that a token is good for: few enough for a test to see it renewed, and enough for a machine that stalls. */
const TOKEN_SECONDS = 15

interface World {
  system: System
  provider: Provider
}

const test = base.extend<object, { world: World }>({
  world: [
    // eslint-disable-next-line no-empty-pattern -- the signature is Playwright's
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'axis-e2e-'))
      const provider = await Provider.start()
      const { system, process: child } = await start(folder, provider.settings(TOKEN_SECONDS))
      await claim(folder)
      await use({ system, provider })
      await ended(child)
      await provider.stop()
      await rm(folder, { recursive: true, force: true })
    },
    { scope: 'worker', timeout: 300_000 },
  ],
})

const signIn = (page: Page, { system, provider }: World, name: string, place = 'inbox') =>
  comeIn(page, `${system.url}/app/${place}`, provider, name)

/** Everything that the browser keeps beyond this page. */
const kept = (page: Page) => page.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie]))

test('who signs in comes to where they wanted to be, and no token is kept', async ({ page, world }) => {
  const given = page.waitForResponse(`${world.provider.url}/token`)
  await signIn(page, world, 'Ana', 'inbox?sort=waiting')
  await expect(page).toHaveURL(`${world.system.url}/app/inbox?sort=waiting`)
  await expect(page.getByRole('button', { name: 'Signed in as Ana' })).toBeVisible()
  // An agent: what is for operators is not shown.
  await expect(page.getByRole('link', { name: 'Operations' })).toBeHidden()
  const remembered = await kept(page)
  expect(remembered).not.toMatch(/eyJ|token|code/i)
  const { access_token, refresh_token, id_token } = (await (await given).json()) as Record<string, string | undefined>
  for (const token of [access_token, refresh_token, id_token]) {
    expect(token).toBeTruthy()
    expect(remembered).not.toContain(token)
  }
  // The provider knows her: loading the page anew asks nobody.
  await page.reload()
  await expect(page.locator('[data-connection=live]')).toBeVisible()
  await expect(page).toHaveURL(`${world.system.url}/app/inbox?sort=waiting`)
})

test('a token is renewed in silence, and the stream goes on from where it was', async ({ page, world }) => {
  await signIn(page, world, 'Ana')
  const states: string[] = []
  await page.exposeFunction('noteState', (state: string) => states.push(state))
  await page.evaluate(() => {
    const mark = document.querySelector('[data-connection]')!
    const note = (window as unknown as { noteState: (state: string) => void }).noteState
    new MutationObserver(() => note(mark.getAttribute('data-connection')!)).observe(mark, { attributeFilter: ['data-connection'] })
  })
  for (let renewals = 0; renewals < 2; renewals++) {
    const ticket = await page.waitForRequest(/\/activity\?ticket=axis_ticket_/)
    expect(ticket.headers().authorization).toBeUndefined()
    expect(ticket.headers()['last-event-id']).toBeDefined()
  }
  await world.system.customerBegins('Renate Renewal', 'After the first token.')
  await expect(page.locator('[data-row]', { hasText: 'Renate Renewal' })).toBeVisible()
  await page.waitForRequest(/\/activity\?ticket=axis_ticket_/)
  expect(states).toEqual([])
})

test('a session that is over ends quietly, and what was written is there afterwards', async ({ page, context, world }) => {
  await world.system.customerBegins('Xenia Expiry', 'Still there?')
  await signIn(page, world, 'Ana')
  await page.locator('[data-row]', { hasText: 'Xenia Expiry' }).click()
  await page.getByRole('textbox', { name: 'Reply' }).fill('Half of a thought')
  // The provider renews nothing any more.
  await page.route(`${world.provider.url}/token`, (route) => route.fulfill({ status: 400, json: { error: 'invalid_grant' } }))
  await expect(page.getByRole('alert')).toContainText('You have been signed out', { timeout: 60_000 })
  await page.getByRole('textbox', { name: 'Reply' }).press('End')
  await page.keyboard.type(', and the other half')
  // A reason is not sent either.
  await page.getByRole('button', { name: 'Escalate' }).click()
  await page.getByRole('textbox', { name: 'Why does this need someone else’s decision?' }).fill('It is much.')
  await page.keyboard.press('Escape')
  await page.unrouteAll()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('textbox', { name: 'Reply' })).toHaveValue('Half of a thought, and the other half')
  await page.getByRole('button', { name: 'Escalate' }).click()
  await expect(page.getByRole('textbox', { name: 'Why does this need someone else’s decision?' })).toHaveValue('It is much.')
  await context.clearCookies()
})

test('signing out ends the session at the provider too', async ({ page, world }) => {
  await signIn(page, world, 'Ana')
  await page.getByRole('button', { name: 'Signed in as Ana' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  // The provider asks whether one means it.
  await page.getByRole('button', { name: /sign me out/ }).click()
  await expect(page.getByText('You are signed out')).toBeVisible()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'Ben' }).click()
  await expect(page.getByRole('button', { name: 'Signed in as Ben' })).toBeVisible()
})

test('whose company nobody knows is told so, and may come as somebody else', async ({ page, world }) => {
  await page.goto(`${world.system.url}/app/inbox`)
  await page.getByRole('link', { name: 'Eve' }).click()
  await expect(page.getByText('You don’t have access')).toBeVisible()
  await page.getByRole('button', { name: 'Sign in as someone else' }).click()
  await page.getByRole('button', { name: /sign me out/ }).click()
  await expect(page.getByText('You are signed out')).toBeVisible()
})
