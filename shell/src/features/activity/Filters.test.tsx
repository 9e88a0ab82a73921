import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { expect, test } from 'vitest'

import { uuid } from '#test/samples.ts'

import { Filters } from './Filters.tsx'
import { readTimelineView, type TimelineView } from './view.ts'

function Filtered() {
  const [view, setView] = useState<TimelineView>({ source: 'axis', conversationId: uuid() })
  return <Filters view={view} rows={[]} onChange={(change) => setView(readTimelineView({ ...view, ...change }))} />
}

test.each(['One conversation: show all', 'Show everything'])('the filters keep the focus when “%s” goes with what it lifts', async (name) => {
  render(<Filtered />)
  screen.getByRole('button', { name }).focus()
  await userEvent.keyboard('{Enter}')
  expect(screen.queryByRole('button', { name })).toBeNull()
  expect(screen.getByRole('button', { name: 'Type: any' })).toHaveFocus()
})
