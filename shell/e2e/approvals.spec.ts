import type { Page } from '@playwright/test'

import { lasting, open, openConversation } from './desk.ts'
import { expect, type System, test } from './system.ts'

/** The agent asks for a decision; answers the place of the request. */
async function escalate(agent: Page, system: System, name: string, reason: string): Promise<string> {
  await system.customerBegins(name, 'This is not what I had ordered.')
  await lasting(agent)
  await openConversation(agent, system, name)
  await agent.getByRole('button', { name: 'Escalate' }).click()
  await agent.getByRole('textbox', { name: 'Why does this need someone else’s decision?' }).fill(reason)
  await agent.keyboard.press('Control+Enter')
  await expect(agent.getByText('You will be notified of the decision.')).toBeVisible()
  await open(agent, system, 'approvals')
  await agent.getByRole('link', { name: reason }).click()
  await expect(agent).toHaveURL(/\/app\/approvals\/[0-9a-f-]{36}/)
  return `approvals/${new URL(agent.url()).pathname.split('/').at(-1)}`
}

test('whom a request concerns is said in the queue, and in the timeline as it happens and later', async ({ page, colleague, system }) => {
  await open(page, system, 'activity')
  const place = await escalate(colleague, system, 'Nora Named', 'May she keep both?')
  const line = page.getByRole('link', { name: /Dev Agent asked for approval: escalation · Nora Named #\d+/ })
  await expect(line).toBeVisible()
  await page.reload()
  await expect(line).toBeVisible()
  await open(page, system, 'approvals')
  await expect(page.getByRole('link', { name: /May she keep both\?.*Nora Named #\d+/ })).toBeVisible()
  await open(page, system, place)
  await expect(page.getByRole('region', { name: 'Request' }).getByText(/^Nora Named #\d+/)).toBeVisible()
})

test('a rejection needs a reason, and the agent reads it', async ({ page, colleague, system }) => {
  const place = await escalate(colleague, system, 'Rosa Reject', 'Fifty euros, as a courtesy?')
  await open(page, system, place)
  await page.getByRole('button', { name: 'Reject' }).click()
  await expect(page.getByText('Give a reason for rejecting it.')).toBeVisible()
  await page.getByRole('textbox', { name: 'Your message to Dev Agent' }).fill('Ten will do.')
  await page.getByRole('button', { name: 'Reject' }).click()
  await expect(page.getByText('Rejected', { exact: true }).first()).toBeVisible()
  // Who asked has it open, and sees it there.
  await expect(colleague.getByText('Rejected', { exact: true }).first()).toBeVisible()
  await expect(colleague.getByText('Ten will do.')).toBeVisible()
})

test('nobody decides what they have asked for, but may take it back', async ({ page, colleague, system }) => {
  const place = await escalate(colleague, system, 'Wim Withdraw', 'May I send another one?')
  await open(page, system, place)
  await expect(page.getByRole('button', { name: /^Approve/ })).toBeVisible()
  const withdraw = colleague.getByRole('button', { name: 'Withdraw' })
  await expect(withdraw).toBeVisible()
  await expect(colleague.getByRole('button', { name: /^Approve/ })).toHaveCount(0)
  await withdraw.click()
  await expect(colleague.getByText('Withdrawn', { exact: true }).first()).toBeVisible()
  await expect(page.getByText('Withdrawn', { exact: true }).first()).toBeVisible()
  await expect(page.getByRole('button', { name: /^Approve/ })).toHaveCount(0)
})
