import { context, delivered, field, live, loaded, log, offline, open, openConversation, reads, row, says, send } from './desk.ts'
import { expect, test } from './system.ts'

test('a note is for the team: Chatwoot has it as private', async ({ page, system }) => {
  const number = await system.customerBegins('Nele Note', 'Do you still have my address?')
  await openConversation(page, system, 'Nele Note')
  await page.getByRole('button', { name: 'Note', exact: true }).click()
  await field(page, 'Note').fill('She moved in spring.')
  await page.getByRole('button', { name: 'Add note' }).click()
  await expect(log(page).getByText('She moved in spring.')).toBeVisible()
  await expect(log(page).getByText(/Only your team sees this/)).toBeVisible()
  await expect.poll(() => system.sent(number, 'She moved in spring.')).toMatchObject([{ private: true }])
})

test('files go out with a reply, and come in from the customer', async ({ page, system }) => {
  const number = await system.customerBegins('Anton Attach', 'Can I have the receipt?')
  await openConversation(page, system, 'Anton Attach')
  const receipt = { name: 'receipt.txt', mimeType: 'text/plain', buffer: Buffer.from('Two tents: 240.00') }
  await page.locator('[data-attach]').setInputFiles(receipt)
  await expect(page.getByRole('list', { name: 'Attached files' })).toContainText('receipt.txt')
  await send(page, 'Here it is.')
  await expect(delivered(page)).toBeVisible()
  await expect(log(page).getByText('receipt.txt')).toBeVisible()
  await expect(page.getByRole('list', { name: 'Attached files' })).toBeHidden()
  expect(await system.sent(number, 'Here it is.')).toMatchObject([{ attachments: [{ file_type: 'file' }] }])

  await system.customerSends(number, 'And the tent looks like this:', { name: 'tent.png', content_type: 'image/png', size: 2_000 })
  await log(page).getByRole('button', { name: /tent/ }).click()
  await expect(page.getByRole('dialog')).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
})

test('a reply that failed is sent again on request, and arrives once', async ({ page, system }) => {
  const number = await system.customerBegins('Fanny Failure', 'Can you hear me?')
  await openConversation(page, system, 'Fanny Failure')
  await system.faults({ scope: 'message_create', rate_limited: { next: 2 } })
  await send(page, 'Loud and clear.')
  await expect(log(page).getByText('Not sent: Chatwoot asks us to slow down')).toBeVisible({ timeout: 90_000 })
  await expect(row(page, 'Fanny Failure')).toContainText('A message was not sent')
  await system.customerWrites(number, 'Hello?')
  await expect(row(page, 'Fanny Failure')).toContainText('Hello?')
  await expect(row(page, 'Fanny Failure')).toContainText('A message was not sent')
  await log(page).getByRole('button', { name: 'Retry' }).click()
  await expect(delivered(page)).toBeVisible({ timeout: 90_000 })
  await expect(row(page, 'Fanny Failure')).not.toContainText('A message was not sent')
  await expect(log(page).getByText('Loud and clear.')).toHaveCount(1)
  expect(await system.sent(number, 'Loud and clear.')).toHaveLength(1)
})

test('what the channel could not deliver is written anew, and takes the place of the other', async ({ page, system }) => {
  const number = await system.customerBegins('Wendy Whatsapp', 'Can you hear me?', 'Channel::Whatsapp')
  await openConversation(page, system, 'Wendy Whatsapp')
  await send(page, 'Loud and claer.')
  await expect(delivered(page)).toBeVisible()
  const [message] = await system.sent(number, 'Loud and')
  await system.channelReports(number, message!.id, 'failed', 'the number takes no messages')
  await expect(log(page).getByText('Not sent: the number takes no messages')).toBeVisible()
  await log(page).getByRole('button', { name: 'Edit and resend' }).click()
  await expect(field(page)).toHaveValue('Loud and claer.')
  await send(page, 'Loud and clear.')
  await expect(delivered(page)).toBeVisible()
  await expect(log(page).getByText('Loud and claer.')).toHaveCount(0)
  expect(await system.sent(number, 'Loud and')).toMatchObject([{ content: 'Loud and clear.' }])
})

test('what the channel could not deliver is handed to it again on request', async ({ page, system }) => {
  const number = await system.customerBegins('Channing Channel', 'Can you hear me?', 'Channel::Whatsapp')
  await openConversation(page, system, 'Channing Channel')
  await send(page, 'Loud and clear.')
  await expect(delivered(page)).toBeVisible()
  const [message] = await system.sent(number, 'Loud and')
  await system.channelReports(number, message!.id, 'failed', 'the number takes no messages')
  await expect(log(page).getByText('Not sent: the number takes no messages')).toBeVisible()
  await log(page).getByRole('button', { name: 'Retry' }).click()
  await expect(delivered(page)).toBeVisible()
  expect(await system.sent(number, 'Loud and')).toHaveLength(1)
})

test('what Chatwoot could not take at first arrives once when it can', async ({ page, system }) => {
  const number = await system.customerBegins('Uwe Unavailable', 'Are you open?')
  await openConversation(page, system, 'Uwe Unavailable')
  await system.faults({ scope: 'message_create', rate_limited: { next: 1 } })
  // For a moment: it soon can.
  await Promise.all([says(page, 'Trying again'), send(page, 'Until six.')])
  await expect(delivered(page)).toBeVisible({ timeout: 90_000 })
  await expect(log(page).getByText('Until six.')).toHaveCount(1)
  expect(await system.sent(number, 'Until six.')).toHaveLength(1)
})

test('what Chatwoot took without a word is looked up, not sent again', async ({ page, system }) => {
  const number = await system.customerBegins('Sina Silence', 'Hello, are you there?')
  await openConversation(page, system, 'Sina Silence')
  await system.faults({ scope: 'message_create', stored_then_cut: { next: 1 } })
  await send(page, 'Yes, always.')
  await expect(delivered(page)).toBeVisible()
  await expect(log(page).getByText('Yes, always.')).toHaveCount(1)
  expect(await system.sent(number, 'Yes, always.')).toHaveLength(1)
})

test('what the API refuses stays readable, and can be mended', async ({ page, system }) => {
  const number = await system.customerBegins('Rufus Refused', 'What does it cost?')
  await openConversation(page, system, 'Rufus Refused')
  const messages = '**/api/v1/conversations/*/messages'
  await page.route(messages, (route) =>
    route.fulfill({ status: 422, contentType: 'application/problem+json', json: { status: 422, code: 'invalid', detail: 'the text is too long' } }),
  )
  await send(page, 'Seven euros, and a long story.')
  await expect(log(page).getByText('Not sent: the text is too long')).toBeVisible()
  await page.unroute(messages)
  await log(page).getByRole('button', { name: /^Edit/ }).click()
  await expect(field(page)).toHaveValue('Seven euros, and a long story.')
  await expect(log(page).getByText('Seven euros, and a long story.')).toHaveCount(0)
  await send(page, 'Seven euros.')
  await expect(delivered(page)).toBeVisible()
  expect(await system.sent(number, 'Seven euros')).toMatchObject([{ content: 'Seven euros.' }])
})

test('what the API cannot keep for now is taken back, and does not go out later', async ({ page, system }) => {
  const number = await system.customerBegins('Nora Noroom', 'Is there room?')
  await openConversation(page, system, 'Nora Noroom')
  const messages = '**/api/v1/conversations/*/messages'
  await page.route(messages, (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', json: { status: 503, code: 'no-storage', detail: 'there is no room' } }),
  )
  await send(page, 'There is.')
  await expect(log(page).getByText('Trying again: there is no room')).toBeVisible()
  await log(page).getByRole('button', { name: 'Edit', exact: true }).click()
  await expect(field(page)).toHaveValue('There is.')
  await page.unroute(messages)
  await send(page, 'There is, from Monday.')
  await expect(delivered(page)).toBeVisible()
  expect(await system.sent(number, 'There is')).toMatchObject([{ content: 'There is, from Monday.' }])
})

test('what is written without a network waits, and goes out once when it is back', async ({ page, system }) => {
  const number = await system.customerBegins('Olaf Offline', 'Anybody there?')
  await openConversation(page, system, 'Olaf Offline')
  await expect(log(page)).toContainText('Anybody there?')
  await page.context().setOffline(true)
  await offline(page)
  await send(page, 'Here again.')
  await expect(log(page).getByText('Will be sent when you are online')).toBeVisible()
  await page.context().setOffline(false)
  await live(page)
  await expect(delivered(page)).toBeVisible()
  await expect(log(page).getByText('Here again.')).toHaveCount(1)
  expect(await system.sent(number, 'Here again.')).toHaveLength(1)
})

test('what happened while the network was away is there when it is back', async ({ page, system }) => {
  const number = await system.customerBegins('Gina Gap', 'First.')
  await open(page, system, 'inbox')
  await row(page, 'Gina Gap').click()
  await expect(log(page)).toContainText('First.')
  await loaded(page)
  // Nothing would move under the pointer.
  await log(page).hover()
  await page.context().setOffline(true)
  await offline(page)
  await system.customerWrites(number, 'Second, unheard.')
  await system.customerBegins('Gerd Gap', 'Unheard too.')
  await system.agentResolves(number)
  // The stream goes on from where it was heard last; neither list nor thread needs to be read anew. (The focus goes on to
  // the next row, whose thread is read in advance.)
  const id = /inbox\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? 'none is open'
  const read = reads(page, new RegExp(`/api/v1/conversations(\\?|/${id}/messages)`))
  const resumed = page.waitForRequest((one) => one.url().includes('/api/v1/activity') && 'last-event-id' in one.headers())
  await page.context().setOffline(false)
  await resumed
  await expect(log(page)).toContainText('Second, unheard.')
  await expect(log(page).getByText('Second, unheard.')).toHaveCount(1)
  await expect(row(page, 'Gerd Gap')).toContainText('Unheard too.')
  await expect(context(page).getByRole('button', { name: 'Status: Resolved' })).toBeVisible()
  expect(read).toEqual([])
})
