import { screen, within } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { Stage } from '#api/types.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { instant } from '#test/samples.ts'

import { Overview } from './Overview.tsx'

function served(receiver: Partial<Stage>, receivers: number | null) {
  const stages: Stage[] = [{ name: 'receiver', perMinute: 12, ...receiver }, { name: 'inbound', perMinute: 12, pending: 7 }]
  api.use(
    http.untyped.get('*/health', () => HttpResponse.json({ status: 'up', checks: {} })),
    http.untyped.get('*/api/v1/operations/pipeline', () =>
      HttpResponse.json({ at: instant(300), stages, receivers, points: [], deadLetters: 0 }),
    ),
  )
}

/** What the card of the receiver says, by name. */
async function facts() {
  const pipeline = await screen.findByRole('region', { name: 'Pipeline' })
  const [card] = within(pipeline).getAllByRole('listitem')
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
  expect(await facts()).toEqual({ Waiting: 'not known', Oldest: '–', Errors: 'not known' })
})
