/** What the composer keeps, prepares and warns of. */
import { context, delivered, field, live, log, offline, open, openConversation, person, row, send } from './desk.ts'
import { expect, test } from './system.ts'

test('a draft is there after a reload, in the list, and in another browser', async ({ page, browser, system }) => {
  await system.customerBegins('Dora Draft', 'Can I change my order?')
  await openConversation(page, system, 'Dora Draft')
  const saved = page.waitForResponse((answer) => answer.url().includes('/draft') && answer.request().method() === 'PUT' && answer.ok())
  await field(page).fill('Of course, which one')
  await saved
  await page.reload()
  await expect(field(page)).toHaveValue('Of course, which one')
  await page.getByRole('button', { name: 'Note', exact: true }).click()
  await expect(field(page, 'Note')).toHaveValue('')
  await open(page, system, 'inbox?search=Dora')
  await expect(row(page, 'Dora Draft')).toContainText('Draft: Of course, which one')

  const elsewhere = await browser.newContext()
  const other = await elsewhere.newPage()
  await openConversation(other, system, 'Dora Draft')
  await expect(field(other)).toHaveValue('Of course, which one')
  await elsewhere.close()
})

test('a draft is of whoever writes it: a colleague does not see it, in the same browser neither', async ({ page, colleague, system }) => {
  await system.customerBegins('Dirk Draft', 'Anybody?')
  await openConversation(page, system, 'Dirk Draft')
  const saved = page.waitForResponse((answer) => answer.url().includes('/draft') && answer.request().method() === 'PUT' && answer.ok())
  await field(page).fill('Not ready yet')
  await saved
  await openConversation(colleague, system, 'Dirk Draft')
  await expect(field(colleague)).toHaveValue('')

  // What the API does not have is in the browser alone, for whoever wrote it.
  await page.route('**/draft', (route) => route.abort())
  await field(page).fill('Not ready yet, nor kept')
  const next = await page.context().newPage()
  await next.addInitScript(() => sessionStorage.setItem('axis.developer', 'agent'))
  await openConversation(next, system, 'Dirk Draft')
  await expect(next.getByRole('button', { name: 'Signed in as Dev Agent' })).toBeVisible()
  await expect(field(next)).toHaveValue('')
  await page.reload()
  await expect(field(page)).toHaveValue('Not ready yet, nor kept')
})

test('a canned response is found by its code, filled and sent', async ({ page, system }) => {
  const number = await system.customerBegins('Carla Canned', 'Hi!')
  await openConversation(page, system, 'Carla Canned')
  await page.keyboard.press('r')
  await expect(field(page)).toBeFocused()
  await page.keyboard.type('/hel')
  const list = page.getByRole('listbox', { name: 'Canned responses' })
  await expect(list.getByRole('option').first()).toContainText('/hello')
  await expect(page.getByRole('note', { name: 'Preview' })).toContainText('Hello Carla Canned, thanks for writing!')
  await page.keyboard.press('Enter')
  await expect(field(page)).toHaveValue('Hello Carla Canned, thanks for writing! How can I help?')
  await page.keyboard.press('Control+Enter')
  await expect(delivered(page)).toBeVisible()
  expect(await system.sent(number, 'Hello Carla Canned')).toHaveLength(1)
})

test('a variable that nobody can fill does not go out', async ({ page, system }) => {
  const number = await system.customerBegins('Vera Variable', 'Hi!')
  await openConversation(page, system, 'Vera Variable')
  await send(page, 'Dear {{contact.custom_attribute.title}}, hello.')
  await expect(page.getByText(/has no value here. Replace it/)).toBeVisible()
  await send(page, 'Dear Vera, hello.')
  await expect(delivered(page)).toBeVisible()
  expect(await system.sent(number, 'Dear')).toMatchObject([{ content: 'Dear Vera, hello.' }])
})

test('send and resolve does both', async ({ page, system }) => {
  const number = await system.customerBegins('Rene Resolve', 'Thanks, it has arrived!')
  await open(page, system, 'inbox?search=Rene')
  await row(page, 'Rene Resolve').click()
  await expect(person(page, 'Rene Resolve')).toBeVisible()
  await field(page).fill('Enjoy it!')
  await page.getByRole('button', { name: 'More ways to send' }).click()
  await page.getByRole('menuitem', { name: 'Send and resolve' }).click()
  await expect(row(page, 'Rene Resolve')).toHaveCount(0)
  await expect.poll(() => system.chat(number)).toMatchObject({ status: 'resolved' })
  await expect.poll(() => system.sent(number, 'Enjoy it!')).toHaveLength(1)
})

test('what came while one wrote is shown, and the reply waits until one has chosen', async ({ page, colleague, system }) => {
  const number = await system.customerBegins('Klara Collision', 'Which size do I need?')
  await openConversation(page, system, 'Klara Collision')
  await openConversation(colleague, system, 'Klara Collision')
  await colleague.context().setOffline(true)
  await offline(colleague)
  await send(colleague, 'Take the medium one.')
  await expect(log(colleague).getByText('Will be sent when you are online')).toBeVisible()
  await send(page, 'The large one.')
  await expect(delivered(page)).toBeVisible()

  await colleague.context().setOffline(false)
  await live(colleague)
  await expect(log(colleague).getByText(/new messages arrived first/)).toBeVisible()
  await expect(log(colleague).getByRole('alert')).toContainText('The large one.')
  expect(await system.sent(number, 'medium')).toHaveLength(0)
  await log(colleague).getByRole('button', { name: 'Edit', exact: true }).click()
  await expect(field(colleague)).toHaveValue('Take the medium one.')
  await expect(log(colleague).getByText('Take the medium one.')).toHaveCount(0)
  await send(colleague, 'Or the medium one.')
  await expect(delivered(colleague).last()).toBeVisible()
  await expect(log(page).getByText('Or the medium one.')).toHaveCount(1)
  await expect.poll(() => system.sent(number, 'one.')).toMatchObject([{ content: 'The large one.' }, { content: 'Or the medium one.' }])
})

test('who else is here, and who writes, is seen', async ({ page, colleague, system }) => {
  await system.customerBegins('Petra Presence', 'Hello?')
  await openConversation(page, system, 'Petra Presence')
  await openConversation(colleague, system, 'Petra Presence')
  const here = page.getByRole('list', { name: 'Also here' })
  await expect(here).toContainText('Dev Agent is viewing')
  await field(colleague).pressSequentially('One mo')
  // Neither stays for long.
  await Promise.all([
    expect(here).toContainText('Dev Agent is replying'),
    expect(page.getByText('Dev Agent is replying…').first()).toBeVisible(),
  ])
  await colleague.keyboard.press('Escape')
  await colleague.keyboard.press('Escape')
  await expect(here).toBeHidden()
})

test('a reply is proposed, and goes out as it was edited and approved', async ({ page, colleague, system }) => {
  const number = await system.customerBegins('Paul Proposal', 'Can I have a discount?')
  await openConversation(colleague, system, 'Paul Proposal')
  await field(colleague).fill('You get half of it back.')
  await colleague.getByRole('button', { name: 'More ways to send' }).click()
  await colleague.getByRole('menuitem', { name: 'Ask for approval…' }).click()
  await colleague.getByRole('textbox', { name: 'Why does it need approval?' }).fill('It is a lot.')
  await colleague.keyboard.press('Control+Enter')
  await expect(log(colleague).getByText('Waiting for approval')).toBeVisible()
  expect(await system.sent(number, 'half of it')).toHaveLength(0)

  await openConversation(page, system, 'Paul Proposal')
  await log(page).getByRole('link', { name: 'Open the approval' }).click()
  await page.getByRole('button', { name: 'Edit and approve' }).click()
  await page.getByRole('textbox', { name: 'The reply that will be sent' }).fill('You get a third of it back.')
  await page.getByRole('button', { name: 'Approve as edited' }).click()
  await expect(page.getByText('Approved', { exact: true })).toBeVisible()
  await expect.poll(() => system.sent(number, 'of it back')).toMatchObject([{ content: 'You get a third of it back.' }])
  await expect(log(colleague).getByText('You get a third of it back.')).toHaveCount(1)
  await expect(log(colleague).getByText('Waiting for approval')).toHaveCount(0)
})

test('the kind of what is written stays when the window becomes narrow', async ({ page, system }) => {
  await system.customerBegins('Nick Narrow', 'Are you on the road?')
  await openConversation(page, system, 'Nick Narrow')
  await page.keyboard.press('n')
  await field(page, 'Note').fill('On the phone.')
  await page.setViewportSize({ width: 390, height: 844 })
  await expect(context(page)).toBeHidden()
  await expect(field(page, 'Note')).toHaveValue('On the phone.')
})
