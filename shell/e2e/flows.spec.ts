/** The three ways of the integration guide, from one end to the other. */
import { context, delivered, field, lasting, log, open, openConversation, row, send } from './desk.ts'
import { expect, test } from './system.ts'

test('what a customer writes is told wherever one is, and is in the list without a reload', async ({ page, system }) => {
  await lasting(page)
  await open(page, system, 'approvals')
  await page.evaluate(() => Object.assign(window, { loadedOnce: true }))
  const number = await system.customerBegins('Nora News', 'Is my parcel on its way?')
  await expect(page.getByText('New message from Nora News')).toBeVisible()
  await page.getByRole('link', { name: 'Inbox' }).click()
  await expect(row(page, 'Nora News')).toContainText('Is my parcel on its way?')
  await system.customerWrites(number, 'Order AX-20459, by the way.')
  await expect(row(page, 'Nora News')).toContainText('Order AX-20459, by the way.')
  await row(page, 'Nora News').click()
  await expect(log(page)).toContainText('Order AX-20459, by the way.')
  await system.customerWrites(number, 'It is a birthday present.')
  await expect(log(page)).toContainText('It is a birthday present.')
  expect(await page.evaluate(() => 'loadedOnce' in window)).toBe(true)
})

test('where the list is not seen, what is written elsewhere is told beside an open conversation', async ({ page, system }) => {
  await lasting(page)
  await page.setViewportSize({ width: 600, height: 900 })
  const number = await system.customerBegins('Olga Open', 'Anybody there?')
  await openConversation(page, system, 'Olga Open')
  await system.customerWrites(number, 'Hello?')
  await expect(log(page)).toContainText('Hello?')
  await expect(page.getByRole('group', { name: /^New message/ })).toHaveCount(0)
  await system.customerBegins('Egon Elsewhere', 'And here?')
  await expect(page.getByText('New message from Egon Elsewhere', { exact: true })).toBeVisible()
  await page.getByRole('group', { name: 'New message from Egon Elsewhere' }).getByRole('button', { name: 'Open' }).click()
  await expect(log(page)).toContainText('And here?')
})

test('a reply reaches the customer once, and what they answer comes back', async ({ page, system }) => {
  const number = await system.customerBegins('Rita Replica', 'Where is my order?')
  await openConversation(page, system, 'Rita Replica')
  const text = 'It left this morning, and arrives tomorrow.'
  await send(page, text)
  await expect(log(page).getByText(text)).toHaveCount(1)
  await expect(delivered(page)).toBeVisible()
  expect(await system.sent(number, text)).toMatchObject([{ message_type: 1, private: false }])

  await system.customerWrites(number, 'Wonderful!')
  await expect(log(page)).toContainText('Wonderful!')
  await page.reload()
  await expect(log(page)).toContainText('Wonderful!')
  await expect(log(page).getByText(text)).toHaveCount(1)
  expect(await system.sent(number, text)).toHaveLength(1)
})

test('an agent escalates, somebody else approves, and the agent is told', async ({ page, colleague, system }) => {
  await Promise.all([page, colleague].map(lasting))
  await system.customerBegins('Esther Escalate', 'I want my money back.')
  const asked = page.waitForResponse((one) => one.url().includes('/api/v1/approvals?waitingFor=me'))
  await open(page, system, 'activity')
  const { data: waiting } = (await (await asked).json()) as { data: unknown[] }
  await openConversation(colleague, system, 'Esther Escalate')
  await colleague.getByRole('button', { name: 'Escalate' }).click()
  await colleague.getByRole('textbox', { name: 'Why does this need someone else’s decision?' }).fill('She threatens to leave.')
  await colleague.keyboard.press('Control+Enter')
  await expect(colleague.getByText('You will be notified of the decision.')).toBeVisible()

  // Who decides hears of it wherever they are.
  const news = page.getByRole('group', { name: 'Dev Agent asks for approval' })
  await expect(page.getByRole('link', { name: `Approvals, ${waiting.length + 1} waiting` })).toBeVisible()
  await news.getByRole('button', { name: 'Open' }).click()
  await expect(page.getByText('She threatens to leave.').first()).toBeVisible()
  await page.getByRole('textbox', { name: 'Your message to Dev Agent' }).fill('Give it back.')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText('Approved', { exact: true })).toBeVisible()

  await expect(colleague.getByText('Approved by Dev Admin')).toBeVisible()
  await expect(colleague.getByText('Give it back.').first()).toBeVisible()

  // What was decided is said alike beside the conversation and in the timeline.
  const line = 'Dev Admin approved the request of Dev Agent: escalation'
  await expect(context(colleague)).toContainText(line)
  await open(page, system, 'activity')
  await expect(page.getByRole('list', { name: 'Timeline' })).toContainText(line)
})

test('a part of the page that does not load takes nothing else away', async ({ page, system }) => {
  await page.route(/\/MenuItems-/, (route) => route.abort())
  await system.customerBegins('Mila Missing', 'Is this still open?')
  await openConversation(page, system, 'Mila Missing')
  await page.getByRole('button', { name: 'More', exact: true }).click()
  await expect(page.getByText('This part did not load')).toBeVisible()
  await expect(log(page)).toContainText('Is this still open?')
  await expect(field(page)).toBeVisible()
})
