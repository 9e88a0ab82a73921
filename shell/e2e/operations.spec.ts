import { lasting, open } from './desk.ts'
import { expect, test } from './system.ts'

test('a dead letter is looked at, redriven and dropped', async ({ page, system }) => {
  await lasting(page)
  await open(page, system, 'operations?show=dead-letters')
  await system.chatwootSendsNonsense('no conversation at all', 'message_updated')
  const letters = page.getByRole('list', { name: 'Dead letters' }).getByRole('listitem').filter({ hasText: 'Message updated' })
  await expect(async () => {
    await open(page, system, 'operations?show=dead-letters')
    await expect(letters).toHaveCount(1, { timeout: 5_000 })
  }).toPass()
  await expect(page.getByRole('link', { name: /^Dead letters \d+ waiting$/ })).toBeVisible()
  await letters.getByRole('button').click()
  const letter = page.getByRole('dialog', { name: 'Dead letter' })
  await expect(letter).toContainText('Undecodable')
  await expect(letter).toContainText('INBOUND')
  // What a customer may have written is not for everybody.
  await expect(letter).not.toContainText('no conversation at all')

  // Redriven it dies again, since it is what it was.
  await letter.getByRole('button', { name: 'Redrive…' }).click()
  await expect(letter.getByRole('group', { name: 'Confirm' })).toContainText('It will be sent to INBOUND again')
  await letter.getByRole('button', { name: 'Redrive it' }).click()
  await expect(page.getByText('Sent to its stream again')).toBeVisible()
  await expect(async () => {
    await open(page, system, 'operations?show=dead-letters')
    await expect(letters).toHaveCount(1, { timeout: 5_000 })
  }).toPass()

  await letters.getByRole('button').click()
  await letter.getByRole('button', { name: 'Drop…' }).click()
  await letter.getByRole('button', { name: 'Drop it for good' }).click()
  await expect(page.getByText('Dropped')).toBeVisible()
  await expect(letters).toHaveCount(0)
})

test('events are counted, then replayed, and nothing happens twice', async ({ page, system }) => {
  const number = await system.customerBegins('Rolf Replay', 'Only once, please.')
  await open(page, system, 'inbox?search=Rolf')
  await expect(page.locator('[data-row]')).toHaveCount(1)
  await open(page, system, 'operations?show=replay')
  const form = page.getByRole('form', { name: 'Replay' })
  await form.getByLabel('Only this event').fill('message_created')
  await form.getByRole('button', { name: 'Count first' }).click()
  await expect(form.getByRole('status')).toContainText('would be replayed')
  await expect(form.getByRole('status').getByRole('listitem')).toHaveText([/^Message created: [\d,.]+$/])
  await form.getByRole('button', { name: /^Replay \d+ events?$/ }).click()
  await expect(page.getByRole('list', { name: 'Replays' })).toContainText(/Done: \d+ events?/)
  // Replayed, it is in the stream; what comes next comes after it.
  await system.customerWrites(number, 'And once more.')
  await open(page, system, 'inbox?search=Rolf')
  await page.locator('[data-row]').click()
  await expect(page.getByRole('log').getByText('And once more.')).toBeVisible()
  await expect(page.getByRole('log').getByText('Only once, please.')).toHaveCount(1)
})

test('an account says how it is, and is compared with Chatwoot', async ({ page, system }) => {
  await system.customerBegins('Conny Compared', 'Are we all there?')
  await system.received('Conny Compared')
  await open(page, system, 'operations?show=accounts')
  const account = page.getByRole('list', { name: 'Accounts' }).getByRole('listitem').first()
  await expect(account).toContainText('Answers')
  // It was compared by itself when it was connected; once more only because somebody wants it, which takes its time.
  const whole = account.getByRole('paragraph').filter({ hasText: 'Last full comparison' })
  const compared = () => whole.evaluate((element) => element.querySelector('time')?.dateTime ?? 'under way')
  await expect(whole.locator('time')).toBeVisible({ timeout: 60_000 })
  const before = await compared()
  await account.getByRole('button', { name: 'Compare everything' }).click()
  const again = async () => ![before, 'under way'].includes(await compared())
  await expect.poll(again, { timeout: 90_000 }).toBe(true)
})

test('the pipeline shows what passes through it', async ({ page, system }) => {
  await system.customerBegins('Pia Pipeline', 'Count me.')
  await system.received('Pia Pipeline')
  await open(page, system, 'operations')
  await expect(page.getByText('Everything works')).toBeVisible()
  await expect(page.getByRole('region', { name: 'Pipeline' }).getByRole('listitem')).toHaveCount(6)
  await expect(page.getByRole('img', { name: /^Webhooks a minute: [1-9][\d,.]* in the last hour$/ })).toBeVisible()
})
