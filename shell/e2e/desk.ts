/** What there is on the screen, and how people get there. */
import { expect, type Locator, type Page } from '@playwright/test'

import type { System } from './system.ts'

export const rows = (page: Page): Locator => page.locator('[data-row] > a')
export const row = (page: Page, name: string): Locator => page.locator('[data-row] > a', { hasText: name })
export const log = (page: Page): Locator => page.getByRole('log', { name: 'Messages' })
export const context = (page: Page): Locator => page.getByRole('complementary', { name: 'Context' })
export const field = (page: Page, kind: 'Reply' | 'Note' = 'Reply'): Locator => page.getByRole('textbox', { name: kind, exact: true })
export const delivered = (page: Page): Locator => log(page).getByText(/^(Sent|Delivered|Read)$/)
export const person = (page: Page, name: string): Locator => page.getByRole('heading', { level: 2, name })

export const live = (page: Page): Promise<void> => expect(page.locator('[data-connection=live]')).toBeVisible()
export const offline = (page: Page): Promise<void> => expect(page.locator('[data-connection=offline]')).toBeVisible()

/** Opens a screen, and waits until what it shows is of now. */
export async function open(page: Page, system: System, place: string): Promise<void> {
  await page.goto(`${system.url}/app/${place}`)
  await live(page)
  await loaded(page)
}

/** Waits until nothing is on its way any more. */
export const loaded = (page: Page): Promise<void> => expect(page.getByRole('status', { name: /^(Loading|Opening)/ })).toHaveCount(0)

/** Opens the conversation of somebody by that name. */
export async function openConversation(page: Page, system: System, name: string): Promise<void> {
  // A page that is open before would tell of it.
  await system.received(name)
  await open(page, system, `inbox?status=any&search=${encodeURIComponent(name)}`)
  await row(page, name).click()
  await expect(person(page, name)).toBeVisible()
  await expect(log(page)).toBeVisible()
  await loaded(page)
}

export async function send(page: Page, text: string, kind: 'Reply' | 'Note' = 'Reply'): Promise<void> {
  await field(page, kind).fill(text)
  await field(page, kind).press('Control+Enter')
}

/** What a page reads of conversations from now on: nothing, where the stream alone is to tell of them. */
export function reads(page: Page, what: RegExp): string[] {
  const read: string[] = []
  page.on('request', (one) => {
    if (one.method() === 'GET' && what.test(one.url())) read.push(one.url())
  })
  return read
}

/**
 * Lets toasts and typing last until something else ends them: on a busy machine their six seconds may pass before the
 * test looks. To be called before the page is opened.
 */
export async function lasting(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const later = window.setTimeout.bind(window)
    window.setTimeout = ((run: () => void, after?: number) => later(run, after === 6_000 ? 600_000 : after)) as typeof window.setTimeout
  })
}

/** Turns the wheel over something that scrolls, and waits until it is where that leads: the wheel itself waits for nothing. */
export async function wheel(page: Page, over: Locator, by: number): Promise<void> {
  const top = () => over.evaluate((one) => one.scrollTop)
  const most = await over.evaluate((one) => one.scrollHeight - one.clientHeight)
  const goal = Math.min(most, Math.max(0, (await top()) + by))
  await over.hover()
  await page.mouse.wheel(0, by)
  await expect.poll(async () => Math.abs((await top()) - goal)).toBeLessThan(1)
}

/** Waits until a thread says something, however briefly: the page itself looks at whatever changes. Begin it before it can be said. */
export async function says(page: Page, words: string): Promise<void> {
  await page.evaluate(
    (wanted) =>
      new Promise<void>((said, fail) => {
        const look = () => {
          if (document.querySelector('[role=log]')?.textContent.includes(wanted)) said()
        }
        new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
        setTimeout(() => fail(new Error(`the thread did not say “${wanted}”`)), 60_000)
      }),
    words,
  )
}

/** Waits until an opened conversation counts as read, and was read anew for that. */
export async function seen(page: Page): Promise<void> {
  let told = false
  await page.waitForResponse((answer) => {
    told ||= answer.url().endsWith('/read') && answer.ok()
    return told && answer.request().method() === 'GET' && /\/conversations\/[\da-f-]{36}$/.test(answer.url())
  })
}
