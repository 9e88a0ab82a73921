import { context, lasting, open, openConversation, person, reads, row, rows, seen } from './desk.ts'
import { expect, test } from './system.ts'

test('status, priority, assignee, team and labels are changed by keys, and Chatwoot has them', async ({ page, system }) => {
  const number = await system.customerBegins('Wanda Write', 'Please change me.')
  await lasting(page)
  await open(page, system, 'inbox?search=Wanda')
  await row(page, 'Wanda Write').click()
  await expect(person(page, 'Wanda Write')).toBeVisible()
  const beside = context(page)

  await page.keyboard.press('p')
  await page.getByRole('combobox', { name: 'Priority' }).fill('urg')
  await page.keyboard.press('Enter')
  await expect(beside.getByRole('button', { name: 'Priority: Urgent' })).toBeVisible()

  await page.keyboard.press('a')
  await page.getByRole('combobox', { name: 'Assignee' }).fill('Maya')
  await page.getByRole('option', { name: 'Maya Lindqvist' }).click()
  await expect(beside.getByRole('button', { name: 'Assignee: Maya Lindqvist' })).toBeVisible()

  await page.keyboard.press('t')
  await page.getByRole('combobox', { name: 'Team' }).fill('bill')
  await page.getByRole('option', { name: 'billing' }).click()
  await expect(beside.getByRole('button', { name: 'Team: billing' })).toBeVisible()

  await page.keyboard.press('l')
  await page.getByRole('option', { name: 'shipping' }).click()
  await page.getByRole('option', { name: 'vip' }).click()
  await page.keyboard.press('Escape')
  await expect(beside.getByRole('button', { name: 'Labels: shipping vip' })).toBeVisible()

  // What is done with leaves the list; taking it back brings it again.
  await page.keyboard.press('e')
  const resolved = page.getByRole('group', { name: 'Resolved' })
  // Nothing leaves the list under the pointer.
  await resolved.hover()
  await expect(row(page, 'Wanda Write')).toHaveCount(0)
  await expect.poll(() => system.chat(number)).toMatchObject({
    status: 'resolved',
    priority: 'urgent',
    labels: ['shipping', 'vip'],
    meta: { assignee: { name: 'Maya Lindqvist' }, team: { name: 'billing' } },
  })
  await resolved.getByRole('button', { name: 'Undo' }).click()
  await expect(row(page, 'Wanda Write')).toBeVisible()
  await expect.poll(() => system.chat(number)).toMatchObject({ status: 'open' })
})

test('what Chatwoot is told by others shows as it changes', async ({ page, system }) => {
  const number = await system.customerBegins('Otto Other', 'Anybody else here?')
  await Promise.all([seen(page), openConversation(page, system, 'Otto Other')])
  const read = reads(page, /\/conversations\/[\da-f-]{36}/)
  await system.agentResolves(number)
  await expect(context(page).getByRole('button', { name: 'Status: Resolved' })).toBeVisible()
  expect(read).toEqual([])
})

test('several are selected and changed at once', async ({ page, system }) => {
  const numbers: number[] = []
  for (const name of ['Bea', 'Ben', 'Bob']) numbers.push(await system.customerBegins(`${name} Bulk`, 'One of three'))
  await system.received('Bulk', 3)
  await lasting(page)
  await open(page, system, 'inbox?search=Bulk')
  await expect(rows(page)).toHaveCount(3)
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await page.getByRole('checkbox').last().click({ modifiers: ['Shift'] })
  await expect(page.getByText('3 selected')).toBeVisible()
  await page.getByRole('button', { name: 'Priority', exact: true }).click()
  await page.getByRole('option', { name: 'High' }).click()
  // By its title: the list announces the same count to screen readers, and may do so just now.
  await expect(page.getByRole('group', { name: 'Priority set to high' }).getByText('3 conversations', { exact: true })).toBeVisible()
  await expect(rows(page).getByText('High priority')).toHaveCount(3)
  await expect(page.getByText('3 selected')).toBeHidden()
  for (const number of numbers) await expect.poll(() => system.chat(number)).toMatchObject({ priority: 'high' })
})
