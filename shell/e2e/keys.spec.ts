import type { Locator } from '@playwright/test'

import { context, delivered, field, log, open, openConversation, person, row, rows } from './desk.ts'
import { expect, test } from './system.ts'

test('the keyboard is enough to get about', async ({ page, system }) => {
  await system.customerBegins('Kim Keys', 'First')
  await system.customerBegins('Karl Keys', 'Second')
  await system.received('Keys', 2)
  await open(page, system, 'inbox?search=Keys')
  await expect(rows(page)).toHaveCount(2)
  // Both began in the same second, so either may come first.
  const [first, second] = (await rows(page).allInnerTexts()).map((text) => /(Kim|Karl) Keys/.exec(text)?.[0])
  await page.keyboard.press('j')
  await expect(rows(page).nth(0)).toBeFocused()
  await page.keyboard.press('j')
  await expect(rows(page).nth(1)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(person(page, second!)).toBeVisible()
  await page.keyboard.press('k')
  await expect(person(page, first!)).toBeVisible()
  await page.keyboard.press('n')
  await expect(field(page, 'Note')).toBeFocused()
  await page.keyboard.type('jk?')
  await expect(field(page, 'Note')).toHaveValue('jk?')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/\/app\/inbox\?/)
  await page.keyboard.press('/')
  await expect(page.getByRole('searchbox')).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('combobox', { name: 'Search commands and conversations' })).toBeFocused()
  await page.keyboard.type('operat')
  await page.keyboard.press('Enter')
  await expect(page.getByText('Everything works')).toBeVisible()
  // At once: the second of two keys counts for little more than a second, however busy the page is.
  await Promise.all([page.keyboard.press('g'), page.keyboard.press('a')])
  await expect(page.getByRole('heading', { name: 'Approvals', level: 1 })).toBeVisible()
})

test('keys that come faster than the screen is drawn all count', async ({ page, system }) => {
  // More than are drawn at once.
  const many = Array.from({ length: 30 }, (_, number) => `Ina Instant ${number}`)
  await Promise.all(many.map((name) => system.customerBegins(name, 'Quick!')))
  await system.received('Instant', many.length)
  // Frames come late, as on a busy machine.
  await page.addInitScript(() => {
    const soon = window.requestAnimationFrame.bind(window)
    window.requestAnimationFrame = (draw) => window.setTimeout(() => soon(draw), 300)
  })
  await open(page, system, 'inbox?search=Instant')
  await expect(rows(page).first()).toBeVisible()
  // All of them before anything is drawn.
  await page.evaluate(() => {
    for (const key of [...Array.from({ length: 25 }, () => 'j'), 'x']) {
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    }
  })
  await expect(page.getByText('1 selected')).toBeVisible()
  await expect(page.locator('li[aria-posinset="25"]').getByRole('checkbox')).toBeChecked()
})

test('the row that has the focus is never below what can be done with those that are selected', async ({ page, system }) => {
  for (let count = 1; count <= 12; count++) await system.customerBegins(`Bodo Below ${count}`, 'Hello?')
  await system.received('Bodo', 12)
  await open(page, system, 'inbox?search=Bodo')
  await expect(rows(page)).toHaveCount(12)
  const bar = page.getByRole('group', { name: 'Selected conversations' })
  const seen = async () => {
    const [one, over] = await Promise.all([page.locator('[data-row] > a:focus').boundingBox(), bar.boundingBox()])
    expect(one!.y + one!.height).toBeLessThanOrEqual(over!.y)
  }
  // The last row in sight, which the bar is about to cover.
  const height = await rows(page).first().evaluate((one) => one.closest('ul')!.parentElement!.clientHeight)
  const { height: of } = (await rows(page).first().boundingBox())!
  for (let count = 0; count < Math.floor(height / of); count++) await page.keyboard.press('j')
  await page.keyboard.press('x')
  await expect(bar).toBeVisible()
  await seen()
  for (let count = 0; count < 12; count++) {
    await page.keyboard.press('j')
    await seen()
  }
  await expect(rows(page).last()).toBeFocused()
})

test('which of a menu or of the canned responses is meant is seen', async ({ page, system }) => {
  await system.customerBegins('Fokke Focus', 'Hello?')
  await openConversation(page, system, 'Fokke Focus')
  const seen = async (one: Locator) => {
    const outline = await one.evaluate((element) => {
      const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(element)
      return [outlineStyle, outlineWidth, outlineOffset]
    })
    expect(outline).toEqual(['solid', '2px', '-2px'])
  }
  await page.getByRole('button', { name: 'More', exact: true }).press('Enter')
  await expect(page.getByRole('menuitem').first()).toBeFocused()
  await seen(page.getByRole('menuitem').first())
  await page.keyboard.press('ArrowDown')
  await expect(page.getByRole('menuitem').nth(1)).toBeFocused()
  await seen(page.getByRole('menuitem').nth(1))
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toHaveCount(0)
  await page.keyboard.press('r')
  await expect(field(page)).toBeFocused()
  await page.keyboard.type('/')
  await seen(page.getByRole('option', { selected: true }))
})

test('a whole conversation is had by the keyboard alone', async ({ page, system }) => {
  const number = await system.customerBegins('Wolke Whole', 'The zip of my tent broke.')
  await open(page, system, 'inbox')
  await page.keyboard.press('/')
  await page.keyboard.type('Wolke')
  await expect(rows(page)).toHaveCount(1)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('j')
  await expect(row(page, 'Wolke Whole')).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(person(page, 'Wolke Whole')).toBeVisible()
  await expect(log(page)).toContainText('The zip of my tent broke.')

  await page.keyboard.press('m')
  await expect(context(page).getByRole('button', { name: 'Assignee: Robin Castellan' })).toBeVisible()

  await page.keyboard.press('r')
  await expect(field(page)).toBeFocused()
  await page.keyboard.type('We mend it for you.')
  await page.keyboard.press('Control+Enter')
  await expect(delivered(page)).toBeVisible()
  await system.customerWrites(number, 'Splendid, thanks!')
  await expect(log(page)).toContainText('Splendid, thanks!')
  await page.keyboard.press('Escape')

  await page.keyboard.press('n')
  await expect(field(page, 'Note')).toBeFocused()
  await page.keyboard.type('Second zip this month.')
  await page.keyboard.press('Control+Enter')
  await expect(log(page).getByText('Second zip this month.')).toBeVisible()
  await page.keyboard.press('Escape')

  await page.keyboard.press('l')
  await expect(page.getByRole('combobox', { name: 'Labels' })).toBeFocused()
  await page.keyboard.type('returns')
  await expect(page.getByRole('option')).toHaveCount(1)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await expect(context(page).getByRole('button', { name: 'Labels: returns' })).toBeVisible()

  await page.keyboard.press('e')
  await expect(row(page, 'Wolke Whole')).toHaveCount(0)
  await expect.poll(() => system.chat(number)).toMatchObject({
    status: 'resolved',
    labels: ['returns'],
    meta: { assignee: { name: 'Robin Castellan' } },
  })
  expect(await system.sent(number, 'We mend it for you.')).toHaveLength(1)
})
