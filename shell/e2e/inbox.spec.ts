import { log, open, openConversation, person, row, rows } from './desk.ts'
import { expect, test } from './system.ts'

test('a customer who types is seen typing, until they have written', async ({ page, system }) => {
  const number = await system.customerBegins('Tom Typing', 'One moment.')
  // Nobody's typing ends by itself within this test.
  await page.addInitScript(() => {
    const later = window.setTimeout.bind(window)
    window.setTimeout = ((run: () => void, after?: number) => later(run, after === 6_000 ? 600_000 : after)) as typeof window.setTimeout
  })
  await openConversation(page, system, 'Tom Typing')
  await system.customerTypes(number)
  await expect(page.getByText('Tom Typing is typing')).toBeVisible()
  await expect(row(page, 'Tom Typing')).toContainText('typing…')
  await system.customerWrites(number, 'Here I am.')
  await expect(log(page)).toContainText('Here I am.')
  await expect(page.getByText('Tom Typing is typing')).toBeHidden()
})

test('filters are in the address, and an address brings them back', async ({ page, system }) => {
  await system.customerBegins('Fiona Filter', 'About labels')
  await open(page, system, 'inbox?search=Fiona')
  await expect(row(page, 'Fiona Filter')).toBeVisible()
  await page.getByRole('button', { name: 'Priority: Any priority' }).click()
  await page.getByRole('menuitemradio', { name: 'Urgent' }).click()
  await expect(page).toHaveURL(/[?&]priority=urgent/)
  await expect(rows(page)).toHaveCount(0)
  await page.reload()
  await expect(page.getByRole('button', { name: 'Priority: Urgent' })).toBeVisible()
  await expect(page.getByText('No results for “Fiona”')).toBeVisible()
  // What makes no sense is left out.
  await open(page, system, 'inbox?search=Fiona&status=any&assigneeId=somebody&sort=upwards&from=mail')
  await expect(page.getByRole('button', { name: 'Status: Any status' })).toBeVisible()
  await expect(page.getByRole('searchbox')).toHaveValue('Fiona')
  await expect(rows(page)).toHaveCount(1)
  await row(page, 'Fiona Filter').click()
  await expect(page).toHaveURL(/\/app\/inbox\/[0-9a-f-]{36}\?/)
  expect(new URL(page.url()).searchParams.get('search')).toBe('Fiona')
})

test('a filter shows what fits it, and what stops fitting goes', async ({ page, system }) => {
  const number = await system.customerBegins('Sven Status', 'Is it open?')
  await open(page, system, 'inbox?search=Sven')
  await expect(row(page, 'Sven Status')).toBeVisible()
  await system.agentResolves(number)
  await expect(row(page, 'Sven Status')).toHaveCount(0)
  await page.getByRole('button', { name: 'Status: Open' }).click()
  await page.getByRole('menuitemradio', { name: 'Resolved' }).click()
  await expect(page).toHaveURL(/[?&]status=resolved/)
  await expect(row(page, 'Sven Status')).toBeVisible()
  // Who writes again is open again. Nothing would move under the pointer.
  await page.getByText('Choose a conversation').hover()
  await system.customerWrites(number, 'It is, I see.')
  await expect(row(page, 'Sven Status')).toHaveCount(0)
})

test('names and the words of messages are found', async ({ page, system }) => {
  await system.customerBegins('Quentin Query', 'My parcel is at the zeppelin hangar.')
  await open(page, system, 'inbox')
  await page.getByRole('searchbox').fill('zeppelin')
  await expect(rows(page)).toHaveCount(1)
  await expect(row(page, 'Quentin Query')).toBeVisible()
  await page.getByRole('searchbox').fill('quentin')
  await expect(page).toHaveURL(/search=quentin/)
  await expect(row(page, 'Quentin Query')).toBeVisible()
  await page.getByRole('searchbox').fill('nobody is called so')
  await expect(page.getByText('No results for “nobody is called so”')).toBeVisible()
  await page.getByRole('button', { name: 'Clear search' }).first().click()
  await expect(row(page, 'Quentin Query')).toBeVisible()
})

test('a search finds what comes after it', async ({ page, system }) => {
  await open(page, system, 'inbox?search=observatory')
  await expect(page.getByText('No results for “observatory”')).toBeVisible()
  await system.customerBegins('Late Larsson', 'Please bring it to the observatory.')
  await expect(row(page, 'Late Larsson')).toBeVisible()
})

test('on a narrow screen, who comes back from a conversation finds the list as it was', async ({ page, system }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  for (let count = 1; count <= 20; count++) await system.customerBegins(`Nele Narrow ${count}`, 'Hello?')
  await open(page, system, 'inbox?search=Nele')
  await expect(page.getByText('20 conversations loaded')).toBeAttached()
  const list = page.getByRole('list', { name: 'Conversations' })
  const top = () => list.evaluate((one) => one.parentElement!.scrollTop)
  await list.hover()
  await page.mouse.wheel(0, 500)
  await expect.poll(top).toBe(500)
  const link = page.locator('li[aria-posinset="12"] a')
  const id = await link.locator('..').getAttribute('data-row')
  await link.click()
  await expect(log(page)).toBeVisible()
  await page.getByRole('button', { name: 'Back to the list' }).click()
  await expect(page.locator(`[data-row="${id}"] > a`)).toBeFocused()
  expect(await top()).toBe(500)
  // Another view begins at its top.
  await page.getByRole('searchbox').fill('Nele Narrow')
  await expect(page).toHaveURL(/search=Nele(\+|%20)Narrow/)
  await expect.poll(top).toBe(0)
})

test('what was read is read, and can be unread again', async ({ page, system }) => {
  await system.customerBegins('Uli Unread', 'Have you seen this?')
  await open(page, system, 'inbox?search=Uli')
  await expect(row(page, 'Uli Unread')).toContainText('1 unread')
  const told = page.waitForResponse((answer) => answer.url().endsWith('/read') && answer.ok())
  await row(page, 'Uli Unread').click()
  await expect(person(page, 'Uli Unread')).toBeVisible()
  await told
  await page.reload()
  await expect(person(page, 'Uli Unread')).toBeVisible()
  await expect(row(page, 'Uli Unread')).not.toContainText('unread')
  await page.keyboard.press('u')
  await expect(page.getByText('Choose a conversation')).toBeVisible()
  await expect(row(page, 'Uli Unread')).toContainText('unread')
})
