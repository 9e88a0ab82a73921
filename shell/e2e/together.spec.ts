/** Two people at once. */
import { context, delivered, loaded, log, open, openConversation, person, reads, row, seen, send } from './desk.ts'
import { expect, test } from './system.ts'

test('what one person does, the other sees', async ({ page, colleague, system }) => {
  const number = await system.customerBegins('Tilda Two', 'Who is there?')
  // What one has read, the other need not read.
  await Promise.all([seen(page), openConversation(page, system, 'Tilda Two')])
  // Without a search: whether that finds what happens elsewhere, only the API can say.
  await open(colleague, system, 'inbox')
  await row(colleague, 'Tilda Two').click()
  await expect(person(colleague, 'Tilda Two')).toBeVisible()
  await expect(log(colleague).getByText('Who is there?')).toBeVisible()
  await loaded(colleague)
  await send(page, 'I am.')
  await expect(log(colleague).getByText('I am.', { exact: true })).toBeVisible()
  await send(colleague, 'So am I.')
  for (const one of [page, colleague]) {
    await expect(log(one).getByText('I am.', { exact: true })).toHaveCount(1)
    await expect(log(one).getByText('So am I.', { exact: true })).toHaveCount(1)
  }
  // The stream alone tells of it: nothing is read for that.
  const id = /inbox\/([0-9a-f-]{36})/.exec(colleague.url())?.[1] ?? 'none is open'
  const read = reads(colleague, new RegExp(`/api/v1/conversations(\\?|/${id})`))
  await page.keyboard.press('Escape')
  await page.keyboard.press('p')
  await page.getByRole('combobox', { name: 'Priority' }).fill('high')
  await page.keyboard.press('Enter')
  await expect(context(colleague).getByRole('button', { name: 'Priority: High' })).toBeVisible()
  await expect(row(colleague, 'Tilda Two')).toContainText('High priority')
  expect(read).toEqual([])

  // Once each, and in one order for everybody.
  await expect.poll(async () => (await system.chat(number)).messages.filter(({ message_type }) => message_type === 1).length).toBe(2)
  const order = (await system.chat(number)).messages.filter(({ message_type }) => message_type === 1).map(({ content }) => content)
  for (const one of [page, colleague]) {
    await one.reload()
    await expect(log(one).getByText('So am I.')).toBeVisible()
    await expect(log(one).getByText('I am.', { exact: true })).toBeVisible()
    const text = await log(one).innerText()
    expect(text.indexOf(order[0]!)).toBeLessThan(text.indexOf(order[1]!))
  }
})

test('what one has resolved leaves the list of the other', async ({ page, colleague, system }) => {
  await system.customerBegins('Resi Resolved', 'Thanks, that was all.')
  await open(page, system, 'inbox?search=Resi')
  await expect(row(page, 'Resi Resolved')).toBeVisible()
  await openConversation(colleague, system, 'Resi Resolved')
  await send(colleague, 'Good bye!')
  await expect(delivered(colleague)).toBeVisible()
  await colleague.getByRole('button', { name: 'Resolve', exact: true }).click()
  await expect(row(page, 'Resi Resolved')).toHaveCount(0)
})
