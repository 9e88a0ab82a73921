/** Writing under one's own name in Chatwoot. */
import type { Locator, Page } from '@playwright/test'

import { log, openConversation, send } from './desk.ts'
import { expect, test } from './system.ts'

/** An agent of the stand-in, and what lets her in there. */
const MAYA = { name: 'Maya Lindqvist', token: 'sim-agent-1-token' }

async function openLinks(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: /^Signed in as/ }).click()
  await page.getByRole('menuitem', { name: /^Your name in Chatwoot/ }).click()
  return page.getByRole('dialog', { name: 'Your name in Chatwoot' })
}

test('who has linked their own token writes under their own name, until they unlink it', async ({ colleague: page, system }) => {
  const number = await system.customerBegins('Lena Linked', 'Who am I talking to?')
  const writer = async (words: string) => (await system.sent(number, words))[0]?.sender?.name
  await openConversation(page, system, 'Lena Linked')
  let sheet = await openLinks(page)
  await sheet.getByLabel(/^Access token/).fill('of nobody')
  await page.keyboard.press('Enter')
  await expect(sheet.getByRole('alert')).toContainText(/token/i)
  await sheet.getByLabel(/^Access token/).fill(MAYA.token)
  await page.keyboard.press('Enter')
  await expect(sheet.getByText(`Linked as ${MAYA.name}`)).toBeVisible()
  const kept = await page.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie]))
  expect(kept).not.toContain(MAYA.token)
  await page.keyboard.press('Escape')
  await send(page, 'To Maya.')
  await expect(log(page).getByText('To Maya.')).toBeVisible()
  await expect.poll(() => writer('To Maya.')).toBe(MAYA.name)

  sheet = await openLinks(page)
  await sheet.getByRole('button', { name: /^Unlink/ }).click()
  await expect(sheet.getByText('Not linked')).toBeVisible()
  await page.keyboard.press('Escape')
  await send(page, 'To all of us.')
  await expect.poll(() => writer('To all of us.')).toBeTruthy()
  expect(await writer('To all of us.')).not.toBe(MAYA.name)
})
