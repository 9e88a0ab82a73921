import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

import type { Page } from '@playwright/test'
import type * as Axe from 'axe-core'

import { expect, test } from './system.ts'


const row = (page: Page, name: string) => page.locator('[data-row]', { hasText: name })
const log = (page: Page) => page.getByRole('log', { name: 'Messages' })
const live = (page: Page) => expect(page.locator('[data-connection=live]')).toBeVisible()

test('what a customer writes appears without a reload', async ({ page, system }) => {
  await page.goto(`${system.url}/app/inbox`)
  await live(page)
  const number = await system.customerBegins('Paula Probe', 'Is my parcel on its way?')
  await expect(row(page, 'Paula Probe')).toContainText('Is my parcel on its way?')
  await row(page, 'Paula Probe').click()
  await expect(log(page)).toContainText('Is my parcel on its way?')
  await system.customerTypes(number)
  await expect(page.getByText('Paula Probe is typing')).toBeVisible()
  await system.customerWrites(number, 'Order AX-20459, by the way.')
  await expect(log(page)).toContainText('Order AX-20459, by the way.')
  await expect(page.getByText('Paula Probe is typing')).toBeHidden()
})

test('a reply is sent once, and says when it is sent', async ({ page, system }) => {
  await system.customerBegins('Rita Replica', 'Hello?')
  await page.goto(`${system.url}/app/inbox`)
  await row(page, 'Rita Replica').click()
  const text = 'Your order left this morning, and arrives tomorrow.'
  await page.getByRole('textbox', { name: 'Reply' }).fill(text)
  await page.keyboard.press('Control+Enter')
  await expect(log(page).getByText(text)).toHaveCount(1)
  await expect(log(page).getByText(/^(Sent|Delivered|Read)$/)).toBeVisible()
  await expect(log(page).getByText(text)).toHaveCount(1)
  await page.reload()
  await expect(log(page).getByText(text)).toHaveCount(1)
})

test('what is written without a network waits, and goes out once when it is back', async ({ page, context, system }) => {
  await system.customerBegins('Olaf Offline', 'Anybody there?')
  await page.goto(`${system.url}/app/inbox`)
  await row(page, 'Olaf Offline').click()
  await expect(log(page)).toContainText('Anybody there?')
  await context.setOffline(true)
  await expect(page.locator('[data-connection=offline]')).toBeVisible()
  await page.getByRole('textbox', { name: 'Reply' }).fill('Here again.')
  await page.keyboard.press('Control+Enter')
  await expect(log(page).getByText('Waits until you are online')).toBeVisible()
  await context.setOffline(false)
  await live(page)
  await expect(log(page).getByText(/^(Sent|Delivered|Read)$/)).toBeVisible()
  await expect(log(page).getByText('Here again.')).toHaveCount(1)
})

test('what happened while the network was away is there when it is back', async ({ page, context, system }) => {
  const number = await system.customerBegins('Gina Gap', 'First.')
  await page.goto(`${system.url}/app/inbox`)
  await live(page)
  await row(page, 'Gina Gap').click()
  await expect(log(page)).toContainText('First.')
  await context.setOffline(true)
  await expect(page.locator('[data-connection=offline]')).toBeVisible()
  await system.customerWrites(number, 'Second, unheard.')
  await context.setOffline(false)
  await expect(log(page)).toContainText('Second, unheard.')
  await expect(log(page).getByText('Second, unheard.')).toHaveCount(1)
})

test('filters are in the address, and an address brings them back', async ({ page, system }) => {
  await system.customerBegins('Fiona Filter', 'About labels')
  await page.goto(`${system.url}/app/inbox`)
  await expect(row(page, 'Fiona Filter')).toBeVisible()
  await page.getByRole('button', { name: 'Priority: Any priority' }).click()
  await page.getByRole('menuitemradio', { name: 'Urgent' }).click()
  await expect(page).toHaveURL(/\?priority=urgent$/)
  await expect(page.getByText('No conversation fits these filters')).toBeVisible()
  await page.goto(`${system.url}/app/inbox?search=Fiona&status=any`)
  await expect(page.getByRole('button', { name: 'Status: Any status' })).toBeVisible()
  await expect(page.getByRole('searchbox')).toHaveValue('Fiona')
  await expect(page.locator('[data-row]')).toHaveCount(1)
  await row(page, 'Fiona Filter').click()
  await expect(page).toHaveURL(/\/app\/inbox\/[0-9a-f-]{36}\?/)
  expect(new URL(page.url()).searchParams.get('search')).toBe('Fiona')
})

test('the keyboard is enough', async ({ page, system }) => {
  await system.customerBegins('Kim Keys', 'First')
  await system.customerBegins('Karl Keys', 'Second')
  await page.goto(`${system.url}/app/inbox?search=Keys`)
  await expect(page.locator('[data-row]')).toHaveCount(2)
  // Both began in the same second, so either may come first.
  const [first, second] = (await page.locator('[data-row]').allInnerTexts()).map((text) => /(Kim|Karl) Keys/.exec(text)?.[0])
  await page.keyboard.press('j')
  await expect(page.locator('[data-row]').nth(0)).toBeFocused()
  await page.keyboard.press('j')
  await expect(page.locator('[data-row]').nth(1)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 2, name: second! })).toBeVisible()
  await page.keyboard.press('k')
  await expect(page.getByRole('heading', { level: 2, name: first! })).toBeVisible()
  await page.keyboard.press('n')
  await expect(page.getByRole('textbox', { name: 'Note' })).toBeFocused()
  await page.keyboard.type('jk?')
  await expect(page.getByRole('textbox', { name: 'Note' })).toHaveValue('jk?')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/\/app\/inbox\?/)
  await page.keyboard.press('/')
  await expect(page.getByRole('searchbox')).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('combobox', { name: 'Search commands and conversations' })).toBeFocused()
  await page.keyboard.type('operat')
  await page.keyboard.press('Enter')
  await expect(page.getByText('Everything works')).toBeVisible()
})

for (const theme of ['light', 'dark'] as const) {
  test(`axe finds nothing on any screen, ${theme}`, async ({ page, system }) => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    await system.customerBegins('Axel Access', 'Can you read me?')
    const check = async () => {
      await page.evaluate(axe)
      return await page.evaluate(async () => {
        const { axe } = window as unknown as { axe: typeof Axe }
        const { violations } = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })
        return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ').slice(0, 400)}`)
      })
    }
    for (const place of ['inbox', 'approvals', 'activity', 'operations']) {
      await page.goto(`${system.url}/app/${place}`)
      await live(page)
      await expect(page.getByRole('status', { name: /^Loading/ })).toHaveCount(0)
      expect(await check(), place).toEqual([])
    }
    await page.goto(`${system.url}/app/inbox?search=Axel`)
    await row(page, 'Axel Access').first().click()
    await expect(log(page)).toBeVisible()
    await page.getByRole('button', { name: 'Note' }).click()
    expect(await check(), 'conversation').toEqual([])
    await page.getByRole('textbox', { name: 'Note' }).press('Escape')
    await page.keyboard.press('?')
    await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible()
    expect(await check(), 'keys').toEqual([])
  })
}
