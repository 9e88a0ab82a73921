/** Nothing jumps when something arrives. */
import type { Locator, Page } from '@playwright/test'

import { context, field, lasting, log, open, openConversation, person, row, send, wheel } from './desk.ts'
import { still } from './still.ts'
import { expect, type System, test } from './system.ts'

/** What is around a thread. */
const around = (page: Page, name: string): Record<string, Locator> => ({
  search: page.getByRole('searchbox'),
  name: person(page, name),
  field: field(page),
  context: context(page).getByRole('button', { name: 'Details' }),
  rail: page.getByRole('link', { name: 'Activity', exact: true }),
})

/** A conversation with more than fits on the screen; answers its number. */
async function long(system: System, name: string, channel?: string): Promise<number> {
  const number = await system.customerBegins(name, 'Message 0.', channel)
  for (let count = 1; count <= 30; count++) await system.customerWrites(number, `Message ${count}.`)
  return number
}

test('what arrives at the end of a thread moves nothing around it', async ({ page, system }) => {
  const number = await long(system, 'Stella Still')
  await lasting(page)
  await openConversation(page, system, 'Stella Still')
  await expect(log(page).getByText('Message 30.')).toBeInViewport()
  await expect(row(page, 'Stella Still')).not.toContainText('unread')
  await still(page, around(page, 'Stella Still'), async () => {
    await system.customerTypes(number)
    await expect(page.getByText('Stella Still is typing')).toBeVisible()
  })
  await still(page, around(page, 'Stella Still'), async () => {
    await system.customerWrites(number, 'The newest.')
    await expect(log(page).getByText('The newest.')).toBeInViewport()
    await expect(page.getByText('Stella Still is typing')).toBeHidden()
    await expect(row(page, 'Stella Still')).not.toContainText('unread')
  })
})

test('who reads further up keeps their place, and is told how much there is', async ({ page, system }) => {
  const number = await long(system, 'Ulla Upwards')
  await openConversation(page, system, 'Ulla Upwards')
  await expect(log(page).getByText('Message 30.')).toBeInViewport()
  await wheel(page, log(page), -600)
  await expect(page.getByRole('button', { name: 'Newest', exact: true })).toBeVisible()
  await expect(log(page).getByText('Message 30.')).not.toBeInViewport()
  const read = log(page).getByText('Message 12.')
  await expect(read).toBeInViewport()
  await still(page, { ...around(page, 'Ulla Upwards'), read }, async () => {
    await system.customerWrites(number, 'One.')
    await expect(page.getByRole('button', { name: '1 new' })).toBeVisible()
    await system.customerWrites(number, 'Two.')
    await expect(page.getByRole('button', { name: '2 new' })).toBeVisible()
  })
})

test('how far a reply got moves nothing but what says it', async ({ page, system }) => {
  await long(system, 'Dora Delivery', 'Channel::Whatsapp')
  await openConversation(page, system, 'Dora Delivery')
  const last = log(page).getByText('Message 30.')
  await expect(last).toBeInViewport()
  // Its channel reports by itself, a moment after it was sent.
  await system.withholds(true)
  await send(page, 'It is.')
  await expect(log(page).getByText('Sent', { exact: true })).toBeVisible()
  await still(page, { ...around(page, 'Dora Delivery'), last }, async () => {
    await system.withholds(false)
    await expect(log(page).getByText('Read', { exact: true })).toBeVisible()
  })
})

test('a row that one is about to click stays under the pointer', async ({ page, system }) => {
  for (let count = 1; count <= 12; count++) await system.customerBegins(`Petra Pointer ${count}`, 'Hello?')
  await system.received('Petra Pointer', 12)
  await open(page, system, 'inbox')
  // They stand in any order.
  await expect(row(page, 'Petra Pointer')).toHaveCount(12)
  const id = await row(page, 'Petra Pointer').nth(4).locator('..').getAttribute('data-row')
  const aimed = page.locator(`[data-row="${id}"] > a`)
  await aimed.hover()
  await still(page, { aimed, search: page.getByRole('searchbox') }, async () => {
    await system.customerBegins('Petra Pointer the newest', 'Me too!')
    await expect(page.getByRole('button', { name: 'Show new activity' })).toBeVisible()
  })
  // Who has scrolled keeps their place as well, wherever the pointer is.
  await wheel(page, page.getByRole('list', { name: 'Conversations' }).locator('..'), 100)
  await page.getByText('Choose a conversation').hover()
  await expect(aimed).toBeInViewport()
  const loaded = page.getByText(/^\d+ conversations loaded$/)
  const before = Number.parseInt((await loaded.textContent())!)
  await still(page, { aimed }, async () => {
    await system.customerBegins('Petra Pointer the last', 'And me!')
    await expect(loaded).toHaveText(`${before + 1} conversations loaded`)
    await expect(page.getByRole('button', { name: 'Show new activity' })).toBeVisible()
  })
  await aimed.click()
  await expect(page).toHaveURL(new RegExp(`/app/inbox/${id}`))
})

test('news at the edge of the screen lies over it', async ({ page, system }) => {
  await system.customerBegins('Nina News', 'Please decide.')
  await lasting(page)
  await openConversation(page, system, 'Nina News')
  const asked = log(page).getByText('Please decide.')
  const id = await system.conversationOf('Nina News')
  await expect(row(page, 'Nina News')).not.toContainText('unread')
  await still(page, { ...around(page, 'Nina News'), asked }, async () => {
    await system.escalate(id, 'She wants a word with the boss.')
    const news = page.getByRole('group', { name: 'Dev Agent asks for approval' })
    await expect(news).toBeVisible()
    await expect(page.getByRole('link', { name: /^Approvals, \d+ waiting$/ })).toBeVisible()
    await news.getByRole('button', { name: 'Dismiss' }).click()
    await expect(news).toBeHidden()
  })
})

test('news leaves the composer free, however wide the screen', async ({ page, system }) => {
  await system.customerBegins('Clara Composer', 'Hello.')
  await lasting(page)
  await openConversation(page, system, 'Clara Composer')
  await system.escalate(await system.conversationOf('Clara Composer'), 'She wants a word with the boss.')
  const news = page.getByRole('status').filter({ hasText: 'asks for approval' })
  await expect(news).toBeVisible()
  for (const width of [1440, 980, 390]) {
    await page.setViewportSize({ width, height: 844 })
    const [told, ...free] = await Promise.all([news, field(page), page.getByRole('button', { name: 'Send', exact: true })].map(box))
    for (const one of free) expect(apart(told!, one), `${width} pixels wide`).toBe(true)
  }
})

test('news and the state of the system lie beside each other, whatever the window', async ({ page, system }) => {
  await system.customerBegins('Bert Banner', 'Hello.')
  await page.route('**/health', (route) => route.fulfill({ json: { status: 'degraded', checks: { nats: { status: 'degraded' }, postgres: { status: 'down' } } } }))
  await lasting(page)
  await openConversation(page, system, 'Bert Banner')
  const banner = page.getByRole('status', { name: 'State of the system' }).locator('> *')
  await expect(banner).toContainText('Database: down')
  await system.escalate(await system.conversationOf('Bert Banner'), 'He wants a word with the boss.')
  const news = page.getByRole('group', { name: 'Dev Agent asks for approval' })
  await expect(news).toBeVisible()
  for (const folded of [false, true]) {
    if (folded) await banner.getByRole('button', { name: 'Hide' }).click()
    for (const [width, height] of [[1400, 900], [1000, 760], [700, 844], [390, 844], [700, 400]] as const) {
      await page.setViewportSize({ width, height })
      await expect(async () => {
        const [told, state] = await Promise.all([news, banner].map(box))
        expect(apart(told!, state!), `${width} × ${height} pixels`).toBe(true)
      }).toPass()
    }
  }
})

interface Box { x: number; y: number; width: number; height: number }

async function box(of: Locator): Promise<Box> {
  const found = await of.boundingBox()
  if (found == null) throw new Error(`not to be seen: ${of.toString()}`)
  return found
}

const apart = (a: Box, b: Box): boolean =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y

/** Each reply takes so long, though not so long that nobody waits for it; they leave one after the other. Milliseconds. */
const SLOW = 8_000

test('an agent is told that Chatwoot is slow, until it is not, and nothing moves for it', async ({ colleague: page, system }) => {
  await system.customerBegins('Selma Slow', 'How long does it take?')
  await system.customerBegins('Selma Still', 'Are you there?')
  await openConversation(page, system, 'Selma Still')
  const asked = log(page).getByText('Are you there?')
  const slow = await system.conversationOf('Selma Slow')
  await system.faults({ scope: 'message_create', latency_ms: { min: SLOW, max: SLOW } })
  // So many that it is slow for longer than a page goes without asking.
  for (const content of ['A moment.', 'Or two.', 'Or three.', 'Or four.', 'Soon.', 'Sooner.', 'Very soon.', 'Almost.', 'Now.']) {
    await system.asAgent('POST', `/conversations/${slow}/messages`, { content })
  }
  const banner = page.getByRole('status', { name: 'State of the system' })
  await expect(banner).toBeEmpty()
  await still(page, { name: person(page, 'Selma Still'), field: field(page), asked, search: page.getByRole('searchbox') }, async () => {
    await expect(banner).toContainText(/^Chatwoot answers slowly; (1 reply or change is|\d replies and changes are) waiting\.$/, { timeout: 120_000 })
  })
  await expect(banner.getByRole('link')).toHaveCount(0)
  await system.faults()
  await still(page, { name: person(page, 'Selma Still'), field: field(page), asked }, async () => {
    await expect(banner).toBeEmpty({ timeout: 120_000 })
  })
})
