import { render, screen } from '@testing-library/react'
import { expect, onTestFinished, test } from 'vitest'

import { compareClocks } from '#api/clock.ts'

import { When } from './When.tsx'

const hear = (at: number) => void compareClocks(new Response(null, { headers: { date: new Date(at).toUTCString() } }))

test.each([
  ['slow', 600_000],
  ['fast', -600_000],
])('how long ago something was is told by the clock of the API, while that of the browser is %s', (_, ahead) => {
  onTestFinished(() => hear(Date.now()))
  const there = Date.now() + ahead
  hear(there)
  render(<When at={new Date(there - 5 * 60_000 - 30_000).toISOString()} />)
  expect(screen.getByText('5 min')).toBeVisible()
})
