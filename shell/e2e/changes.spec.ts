import type { Page } from '@playwright/test'

import { expect, test } from './system.ts'

const rows = (page: Page) => page.locator('[data-row]')

test('several are selected and changed at once', async ({ page, system }) => {
  for (const name of ['Bea', 'Ben', 'Bob']) await system.customerBegins(`${name} Bulk`, 'One of three')
  await page.goto(`${system.url}/app/inbox?search=Bulk`)
  await expect(rows(page)).toHaveCount(3)
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await page.getByRole('checkbox').last().click({ modifiers: ['Shift'] })
  await expect(page.getByText('3 selected')).toBeVisible()
  await page.getByRole('button', { name: 'Priority', exact: true }).click()
  await page.getByRole('option', { name: 'High' }).click()
  await expect(page.getByText('3 conversations')).toBeVisible()
  await expect(rows(page).getByText('High priority')).toHaveCount(3)
  await expect(page.getByText('3 selected')).toBeHidden()
})
