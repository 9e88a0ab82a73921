import { screen, within } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { Stage } from '#api/types.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { instant } from '#test/samples.ts'

import { Overview } from './Overview.tsx'

function served(receiver: Partial<Stage>, receivers: number | null) {
  pipeline([{ name: 'receiver', perMinute: 12, ...receiver }, { name: 'inbound', perMinute: 12, pending: 7 }], receivers)
}

function pipeline(stages: Stage[], receivers: number | null = null) {
  api.use(
    http.untyped.get('*/health', () => HttpResponse.json({ status: 'up', checks: {} })),
    http.untyped.get('*/api/v1/operations/pipeline', () =>
      HttpResponse.json({ at: instant(300), stages, receivers, points: [], deadLetters: 0 }),
    ),
  )
}

/** What the card of a stage says, by name: that of the receiver, unless told otherwise. */
async function facts(name = 'Receiver') {
  const pipeline = await screen.findByRole('region', { name: 'Pipeline' })
  const cards = within(pipeline).getAllByRole('listitem')
  const card = cards.find((one) => within(one).queryByRole('heading', { name }))
  const names = within(card!).getAllByRole('term')
  const values = within(card!).getAllByRole('definition')
  return Object.fromEntries(names.map((name, index) => [name.textContent, values[index]!.textContent]))
}

test('what waits in the journals is shown, since when, what was refused, and how many receivers say so', async () => {
  served({ pending: 1234, oldestAt: instant(0), errors: 3 }, 2)
  show(<Overview />)
  expect(await facts()).toEqual({ Waiting: (1234).toLocaleString(), Oldest: '5 min', Errors: '3', Receivers: '2' })
})

test('what no receiver says is not shown as nothing', async () => {
  served({}, null)
  show(<Overview />)
  expect(await facts()).toEqual({ Waiting: 'not known', Oldest: 'not known', Errors: 'not known' })
})

test('what a stage never has is no row of it', async () => {
  pipeline([
    { name: 'inbound', perMinute: 12, pending: 7, oldestAt: instant(290) },
    { name: 'sync', perMinute: 12, pending: 2, errors: 1 },
    { name: 'activity', perMinute: 12, pending: 0 },
  ])
  show(<Overview />)
  expect(await facts('Inbound')).toEqual({ Waiting: '7', Oldest: '10 s' })
  expect(await facts('Sync')).toEqual({ Waiting: '2', Errors: '1' })
  expect(await facts('Activity')).toEqual({ Waiting: '0', Oldest: 'none' })
})

test('what a stage has is not known while nobody says it', async () => {
  pipeline([{ name: 'inbound', perMinute: 12 }, { name: 'sync', perMinute: 12, errors: 0 }])
  show(<Overview />)
  expect(await facts('Inbound')).toEqual({ Waiting: 'not known', Oldest: 'not known' })
  expect(await facts('Sync')).toEqual({ Waiting: 'not known', Errors: '0' })
})
