/** Every screen, light and dark, wide and narrow, as axe sees it. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

import type { Locator, Page } from '@playwright/test'
import type * as Axe from 'axe-core'

import { field, log, offline, open, openConversation, row, send } from './desk.ts'
import { expect, type System, test } from './system.ts'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

const settled = expect.configure({ soft: true })

/** What axe finds on the page as it is. */
function violations(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof Axe }
    const { violations } = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      // Tips are in no landmark.
      rules: { 'label-content-name-mismatch': { enabled: true }, region: { enabled: false } },
    })
    return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ').slice(0, 600)}`)
  })
}

/** Sees that axe finds nothing once the page has settled, in both themes. */
async function check(page: Page, what: string): Promise<void> {
  await page.evaluate(await readFile(AXE, 'utf8'))
  for (const theme of ['light', 'dark']) {
    await page.evaluate((name) => (document.documentElement.dataset.theme = name), theme)
    // Until then, what was there before may be on its way out.
    await settled.poll(() => violations(page), { message: `${what}, ${theme}`, timeout: 30_000 }).toEqual([])
  }
  // Nothing is cut off at the side, or below where it cannot be scrolled to.
  const over = () =>
    page.evaluate(() => {
      const main = document.querySelector('main') ?? document.documentElement
      const above = [...document.querySelectorAll('[role=dialog], [role=menu]')].map((one) => one.getBoundingClientRect())
      return [
        document.documentElement.scrollWidth - window.innerWidth,
        main.scrollHeight - main.clientHeight,
        ...above.flatMap(({ left, right, top, bottom }) => [right - window.innerWidth, bottom - window.innerHeight, -left, -top]),
      ]
    })
  await settled.poll(async () => Math.max(...(await over())), { message: `${what}, cut off` }).toBeLessThan(1)
}

/** Closes what lies above the page, whose keys are the next ones. */
async function close(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await expect(page.locator('[role=dialog], [role=menu]')).toHaveCount(0)
}

/** Something to see on each screen. */
async function furnish(system: System, name: string): Promise<{ approval: string }> {
  const number = await system.customerBegins(name, 'Can you read me?')
  await system.customerSends(number, 'This is it.', { name: 'tent.png', content_type: 'image/png', size: 2_000 })
  await system.chatwootSendsNonsense('nothing')
  const approval = await system.escalate(await system.conversationOf(name), 'May I read it aloud?')
  return { approval }
}

const SIZES = {
  wide: { width: 1440, height: 900 },
  narrow: { width: 390, height: 844 },
  // 1366 x 768 at 200 %, and 1280 x 1024 at 400 %.
  zoomed: { width: 683, height: 330 },
  least: { width: 320, height: 256 },
}

for (const [size, viewport] of Object.entries(SIZES)) {
  test.describe(size, () => {
    test.use({ viewport, contextOptions: { reducedMotion: 'reduce' } })

    test('axe finds nothing on any screen', async ({ page, system }) => {
      const { approval } = await furnish(system, `Alma ${size}`)
      const places = ['inbox', 'inbox?label=vip&search=nobody', 'approvals', `approvals/${approval}`, 'activity', 'operations']
      for (const place of [...places, ...['dead-letters', 'accounts', 'replay'].map((part) => `operations?show=${part}`)]) {
        await open(page, system, place)
        await check(page, place)
      }
      await open(page, system, 'operations?show=dead-letters')
      await page.getByRole('list', { name: 'Dead letters' }).getByRole('button').first().click()
      await expect(page.getByRole('button', { name: 'Redrive…' })).toBeVisible()
      await check(page, 'dead letter')
      await page.goto(`${system.url}/app/nowhere`)
      await check(page, 'nowhere')
      await page.goto(`${system.url}/app/signed-out`)
      await expect(page.getByText('You are signed out')).toBeVisible()
      await check(page, 'door')
    })

    test('axe finds nothing in a conversation, nor in what lies above it', async ({ page, system }) => {
      const name = `Axel ${size}`
      await furnish(system, name)
      await openConversation(page, system, name)
      await check(page, 'conversation')
      await page.getByRole('button', { name: 'Note', exact: true }).click()
      await field(page, 'Note').fill('A note.')
      await check(page, 'note')
      await send(page, 'A note.', 'Note')
      await field(page, 'Note').press('Escape')

      // The header has no room for it; its menu has it.
      const more = page.getByRole('button', { name: 'More', exact: true })
      if (size === 'least') {
        await more.click()
        await page.getByRole('menuitem', { name: 'Escalate…' }).click()
      } else await page.getByRole('button', { name: 'Escalate' }).click()
      await expect(page.getByRole('dialog', { name: 'Escalate' })).toBeVisible()
      await check(page, 'escalate')
      await close(page)
      for (const [key, name] of [['l', 'Labels'], ['s', 'Snooze until'], ['a', 'Assignee']] as const) {
        await page.keyboard.press(key)
        await expect(page.getByRole('dialog', { name })).toBeVisible()
        await expect(page.getByRole('combobox')).toBeFocused()
        await expect(page.getByRole('option').first()).toBeVisible()
        await check(page, name)
        await close(page)
      }
      await more.click()
      await expect(page.getByRole('menuitem', { name: 'Mark as unread' })).toBeVisible()
      await check(page, 'more')
      await close(page)
      await page.keyboard.press('?')
      await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
      await check(page, 'keys')
      await close(page)
      await page.keyboard.press('Control+k')
      await expect(page.getByRole('combobox')).toBeFocused()
      await page.keyboard.type('go')
      await check(page, 'command bar')
      await page.keyboard.press('Escape')
      if (size !== 'wide') {
        await page.getByRole('button', { name: 'Context' }).click()
        await expect(page.getByRole('dialog', { name: 'Context' })).toBeVisible()
        await check(page, 'context')
        await page.keyboard.press('Escape')
      }
      await page.getByRole('button', { name: /^Signed in as/ }).click()
      await page.getByRole('menuitem', { name: /^Your name in Chatwoot/ }).click()
      await expect(page.getByRole('dialog').getByRole('listitem').first()).toBeVisible()
      await check(page, 'links')
      await page.keyboard.press('Escape')
      await log(page).getByRole('button', { name: /tent/ }).click()
      await expect(page.getByRole('dialog')).toBeVisible()
      await check(page, 'picture')
      await close(page)

      await page.context().setOffline(true)
      await offline(page)
      await page.keyboard.press('r')
      await send(page, 'It waits.')
      await expect(log(page).getByText('Will be sent when you are online')).toBeVisible()
      await check(page, 'offline')
      await page.context().setOffline(false)

      await open(page, system, `inbox?status=any&search=${name}`)
      await row(page, name).focus()
      await page.keyboard.press('x')
      await expect(page.getByRole('group', { name: 'Selected conversations' })).toBeVisible()
      await check(page, 'selected')
    })

    test('what is written is sent, and what it answers is seen, however much it is', async ({ page, system }) => {
      const name = `Lotte ${size}`
      const number = await system.customerBegins(name, 'Is there room?')
      await openConversation(page, system, name)
      await field(page).fill('A line.\n'.repeat(40))
      expect(await log(page).evaluate((one) => one.clientHeight)).toBeGreaterThanOrEqual(64)
      // Only regions that scroll count: a script can also move what is cut off, a person cannot.
      const section = page.getByRole('region', { name: 'Conversation' })
      const inside = async (what: Locator) => {
        const { y, height } = (await what.boundingBox())!
        return y >= 0 && y + height <= viewport.height
      }
      await section.evaluate((one) => (one.scrollTop = one.scrollHeight))
      expect(await inside(page.getByRole('button', { name: 'Send', exact: true }))).toBe(true)
      await section.evaluate((one) => (one.scrollTop = 0))
      expect(await section.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0)
      expect(await inside(log(page).getByText('Is there room?'))).toBe(true)
      expect(await page.evaluate(() => document.body.scrollTop + document.documentElement.scrollTop)).toBe(0)

      await section.evaluate((one) => (one.scrollTop = one.scrollHeight))
      // As a person does: a click on the element itself would scroll to it.
      const { x, y, width, height } = (await page.getByRole('button', { name: 'Send', exact: true }).boundingBox())!
      await page.mouse.click(x + width / 2, y + height / 2)
      await expect(field(page)).toHaveValue('')
      await expect.poll(() => system.sent(number, 'A line.')).toHaveLength(1)
    })
  })
}
