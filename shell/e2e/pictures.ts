/**
 * Pictures of every screen, to be looked at: `make shell-pictures` leaves them in `.pictures/`.
 * `CROWD` says how many conversations there are; 10,000 if not set. Emoji and scripts are drawn with
 * the fonts of this machine: a box where a letter should be is a font that is missing here.
 */
import type { Page } from '@playwright/test'

import { arrived, crowd } from './crowd.ts'
import { context, field, live, log, offline, open, openConversation, row, send } from './desk.ts'
import { expect, test } from './system.ts'

const CROWD = Number(process.env.CROWD ?? 10_000)
const SIZES = { wide: { width: 1440, height: 900 }, middle: { width: 980, height: 760 }, narrow: { width: 390, height: 844 } }

const LONG = 'Maximiliane-Charlotte von und zu Hohenstein-Wittgenstein und Oberkirchen, Abteilung Einkauf'
const RTL = 'ليلى حداد'

const TENT = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 600" width="800" height="600">
  <rect width="800" height="600" fill="#9cc4de"/><circle cx="640" cy="120" r="60" fill="#f4e3a1"/>
  <path d="M0 420 250 260 460 400 620 300 800 420V600H0Z" fill="#6f9d74"/>
  <path d="M180 520 400 230 620 520Z" fill="#d98a3d"/><path d="M400 230 340 520H460Z" fill="#7a4a1f"/>
</svg>`

test.use({ contextOptions: { reducedMotion: 'reduce' } })

/** A picture in every size and both themes, of what `show` brings up. */
async function take(page: Page, name: string, show: (size: keyof typeof SIZES) => Promise<void>): Promise<void> {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport)
    await show(size as keyof typeof SIZES)
    for (const theme of ['light', 'dark']) {
      await page.evaluate((one) => (document.documentElement.dataset.theme = one), theme)
      await page.screenshot({ path: `.pictures/${name}-${size}-${theme}.png` })
    }
  }
}

test('of nothing yet', async ({ page, system }) => {
  for (const place of ['inbox', 'approvals', 'activity', 'operations']) {
    await take(page, `empty-${place}`, () => open(page, system, place))
  }
  for (const part of ['dead-letters', 'accounts', 'replay']) {
    await take(page, `empty-${part}`, () => open(page, system, `operations?show=${part}`))
  }
  await take(page, 'signed-out', async () => {
    await page.goto(`${system.url}/app/signed-out`)
    await expect(page.getByText('You are signed out')).toBeVisible()
  })
  await take(page, 'loading', async () => {
    await page.route('**/api/v1/conversations?*', () => undefined)
    await page.goto(`${system.url}/app/inbox`)
    await expect(page.getByRole('status', { name: 'Loading conversations' })).toBeVisible()
  })
  await page.unrouteAll()
  await take(page, 'broken', async () => {
    await page.route('**/api/v1/conversations?*', (route) =>
      route.fulfill({ status: 422, json: { status: 422, code: 'invalid', detail: 'the search cannot be read' } }),
    )
    await page.goto(`${system.url}/app/inbox`)
    await expect(page.getByText('Conversations did not load')).toBeVisible()
  })
})

test('of words that take room or run the other way', async ({ page, system }) => {
  const long = await system.customerBegins(LONG, 'Guten Tag! '.repeat(40) + 'https://example.com/' + 'a-very-long-address/'.repeat(12))
  await system.customerWrites(long, 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(3))
  const rtl = await system.customerBegins(RTL, 'مرحبا، أين طلبي؟ رقم الطلب AX-20459، وقد دفعت ثمنه قبل أسبوع.')
  await system.customerWrites(rtl, 'שלום, and some English in between 👋')
  await arrived(system, RTL)
  await take(page, 'long-names', () => openConversation(page, system, LONG))
  await take(page, 'right-to-left', async () => {
    await openConversation(page, system, RTL)
    await field(page).fill('أهلا ليلى! سيصل طلبك غدا.')
  })
  await field(page).fill('')
})

test('of a conversation and of what lies above it', async ({ page, system }) => {
  const number = await system.customerBegins('Petra Picture', 'The zip of my tent broke on the second day.')
  await system.customerSends(number, 'This is how it looks:', { name: 'tent.png', content_type: 'image/png', size: 40_000 })
  await system.customerSends(number, '', { name: 'receipt.pdf', content_type: 'application/pdf', size: 120_000 })
  const id = await system.conversationOf('Petra Picture')
  const approval = await system.escalate(id, 'She wants a new tent, and has had this one for three years.')
  await system.asAgent('PATCH', `/conversations/${id}`, { priority: 'high', labels: ['returns', 'vip', 'shipping'] })
  // The stand-in's pictures are of one point.
  await page.route('**/api/v1/attachments/**', (route) => route.fulfill({ contentType: 'image/svg+xml', body: TENT }))
  await openConversation(page, system, 'Petra Picture')
  await send(page, 'I am sorry to hear that. Could you give me your order number, please?')
  await page.getByRole('button', { name: 'Note', exact: true }).click()
  await send(page, 'Third one of this batch.', 'Note')
  await expect(log(page).getByText('Third one of this batch.')).toBeVisible()
  await system.customerWrites(number, 'It is AX-20459.')
  await expect(log(page)).toContainText('It is AX-20459.')

  const again = () => openConversation(page, system, 'Petra Picture')
  await take(page, 'conversation', again)
  await take(page, 'note', async () => {
    await again()
    await page.getByRole('button', { name: 'Note', exact: true }).click()
    await field(page, 'Note').fill('A note, for the team only.')
  })
  await field(page, 'Note').fill('')
  await take(page, 'context', async (size) => {
    await again()
    if (size !== 'wide') await page.getByRole('button', { name: 'Context' }).click()
    await context(page).or(page.getByRole('dialog')).first().waitFor()
  })
  for (const [name, key, dialog] of [
    ['labels', 'l', 'Labels'],
    ['assign', 'a', 'Assignee'],
    ['snooze', 's', 'Snooze until'],
    ['keys', '?', 'Keyboard shortcuts'],
  ] as const) {
    await take(page, name, async () => {
      await again()
      await page.keyboard.press(key)
      await expect(page.getByRole('dialog', { name: dialog })).toBeVisible()
    })
  }
  await take(page, 'escalate', async () => {
    await again()
    await page.getByRole('button', { name: 'Escalate' }).click()
    await page.getByRole('textbox', { name: 'Why does this need someone else’s decision?' }).fill('She threatens to leave.')
  })
  await take(page, 'command-bar', async () => {
    await again()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('petra')
    await expect(page.getByRole('option', { name: /Petra Picture/ })).toBeVisible()
  })
  await take(page, 'picture', async () => {
    await again()
    await log(page).getByRole('button', { name: /tent/ }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
  })
  await take(page, 'approvals', () => open(page, system, 'approvals'))
  await take(page, 'approval', () => open(page, system, `approvals/${approval}`))
  await take(page, 'toast', async () => {
    await open(page, system, 'approvals')
    await system.customerWrites(number, 'Are you still there?')
    await expect(page.getByText('New message from Petra Picture')).toBeVisible()
  })
  await system.chatwootSendsNonsense('nothing at all')
  await expect.poll(async () => {
    await open(page, system, 'operations?show=dead-letters')
    return await page.getByRole('list', { name: 'Dead letters' }).count()
  }).toBe(1)
  await take(page, 'dead-letters', () => open(page, system, 'operations?show=dead-letters'))
  await take(page, 'dead-letter', async () => {
    await open(page, system, 'operations?show=dead-letters')
    await page.getByRole('list', { name: 'Dead letters' }).getByRole('button').first().click()
    await page.getByRole('button', { name: 'Redrive…' }).click()
    await expect(page.getByRole('group', { name: 'Confirm' })).toBeVisible()
  })
})

test('of a reply that was refused, and of a lost connection', async ({ page, system }) => {
  const number = await system.customerBegins('Fanny Failure', 'Can you send me the receipt?', 'Channel::Whatsapp')
  await openConversation(page, system, 'Fanny Failure')
  await send(page, 'Of course, here it is.')
  await expect.poll(() => system.sent(number, 'here it is')).toHaveLength(1)
  const [message] = await system.sent(number, 'here it is')
  await system.channelReports(number, message!.id, 'failed', 'the number takes no messages')
  await take(page, 'failed-send', async () => {
    await openConversation(page, system, 'Fanny Failure')
    await expect(log(page).getByText(/^Not sent/)).toBeVisible()
  })
  await take(page, 'lost-connection', async () => {
    await page.context().setOffline(false)
    await openConversation(page, system, 'Fanny Failure')
    await page.context().setOffline(true)
    await offline(page)
    await send(page, 'Still there when the network is back.')
    await expect(log(page).getByText('Will be sent when you are online')).toBeVisible()
  })
  await page.context().setOffline(false)
  await live(page)
})

test(`of ${CROWD} conversations`, async ({ page, system }) => {
  await crowd(system, CROWD)
  await arrived(system, `Customer ${String(CROWD).padStart(5, '0')}`)
  for (const place of ['inbox', 'activity', 'operations']) await take(page, place, () => open(page, system, place))
  await take(page, 'accounts', () => open(page, system, 'operations?show=accounts'))
  await take(page, 'selected', async () => {
    await open(page, system, 'inbox?search=Customer+0000')
    await row(page, 'Customer 00007').focus()
    await page.keyboard.press('x')
    await page.getByRole('checkbox').first().click({ modifiers: ['Shift'] })
    await expect(page.getByRole('group', { name: 'Selected conversations' })).toBeVisible()
  })
})
