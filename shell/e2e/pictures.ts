/**
 * Pictures of every screen, to be looked at: `npm run pictures` leaves them in `.pictures/`.
 * `CROWD` says how many conversations there are; 10,000 if not set.
 */
import type { Page } from '@playwright/test'

import { arrived, crowd } from './crowd.ts'
import { expect, type System, test } from './system.ts'

const CROWD = Number(process.env.CROWD ?? 10_000)
const SIZES = { wide: { width: 1440, height: 900 }, middle: { width: 980, height: 760 }, narrow: { width: 390, height: 844 } }

const LONG = 'Maximiliane-Charlotte von und zu Hohenstein-Wittgenstein und Oberkirchen, Abteilung Einkauf'
const RTL = 'ليلى حداد'

type Take = (name: string) => Promise<void>

/** A picture in every size and both themes. */
function camera(page: Page): Take {
  return async (name) => {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), colorScheme)
        await page.screenshot({ path: `.pictures/${name}-${size}-${colorScheme}.png` })
      }
    }
    await page.setViewportSize(SIZES.wide)
  }
}

const live = (page: Page) => expect(page.locator('[data-connection=live]')).toBeVisible()
const loaded = (page: Page) => expect(page.getByRole('status', { name: /^(Loading|Opening)/ })).toHaveCount(0)

async function open(page: Page, system: System, place: string): Promise<void> {
  await page.goto(`${system.url}/app/${place}`)
  await live(page)
  await loaded(page)
}

async function openConversation(page: Page, system: System, search: string): Promise<void> {
  await open(page, system, `inbox?status=any&search=${encodeURIComponent(search)}`)
  await page.locator('[data-row]').first().click()
  await expect(page.getByRole('log', { name: 'Messages' })).toBeVisible()
  await loaded(page)
}

test('of nothing, and of words that take room or run the other way', async ({ page, system }) => {
  const take = camera(page)
  for (const place of ['inbox', 'approvals', 'activity', 'operations']) {
    await open(page, system, place)
    await take(`${place}-at-first`)
  }
  await page.goto(`${system.url}/app/signed-out`)
  await expect(page.getByText('You are signed out')).toBeVisible()
  await take('signed-out')

  const long = await system.customerBegins(LONG, 'Guten Tag! '.repeat(40) + 'https://example.com/' + 'a-very-long-address/'.repeat(12))
  await system.customerWrites(long, 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(3))
  const rtl = await system.customerBegins(RTL, 'مرحبا، أين طلبي؟ رقم الطلب AX-20459، وقد دفعت ثمنه قبل أسبوع.')
  await system.customerWrites(rtl, 'שלום, and some English in between 👋')
  await arrived(system, RTL)
  await openConversation(page, system, LONG)
  await take('long-names')
  await openConversation(page, system, RTL)
  await page.getByRole('textbox', { name: 'Reply' }).fill('أهلا ليلى! سيصل طلبك غدا.')
  await take('right-to-left')
})

test('of a reply that was refused, of a lost connection, and of what lies above', async ({ page, context, system }) => {
  const take = camera(page)
  await system.customerBegins('Fanny Failure', 'Can you send me the receipt?')
  await arrived(system, 'Fanny Failure')
  await openConversation(page, system, 'Fanny Failure')
  await page.route('**/api/v1/conversations/*/messages', (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({
          status: 422,
          contentType: 'application/problem+json',
          json: { status: 422, code: 'invalid', title: 'Invalid', detail: 'Chatwoot refused the attachment' },
        })
      : route.continue(),
  )
  await page.getByRole('textbox', { name: 'Reply' }).fill('Of course, here it is.')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText(/^Not sent/)).toBeVisible()
  await page.unrouteAll()
  await take('failed-send')

  await context.setOffline(true)
  await expect(page.locator('[data-connection=offline]')).toBeVisible()
  await page.getByRole('textbox', { name: 'Reply' }).fill('Still there when the network is back.')
  await page.keyboard.press('Control+Enter')
  await take('offline')
  await context.setOffline(false)
  await live(page)

  await page.getByRole('button', { name: 'Note' }).click()
  await page.getByRole('textbox', { name: 'Note' }).fill('A note, for the team only.')
  await take('note')
  await page.getByRole('textbox', { name: 'Note' }).press('Escape')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible()
  await take('keys')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('go')
  await take('command-bar')
})

test(`of ${CROWD} conversations`, async ({ page, system }) => {
  const take = camera(page)
  await crowd(system, CROWD)
  await arrived(system, `Customer ${String(CROWD).padStart(5, '0')}`)
  for (const place of ['inbox', 'activity', 'operations']) {
    await open(page, system, place)
    await take(place)
  }
  await openConversation(page, system, 'Customer 00007')
  await take('conversation')
})
