import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { describe, expect, test, vi } from 'vitest'

import type { Activity } from '#api/types.ts'
import { instant, uuid } from '#test/samples.ts'

import { Filters } from './Filters.tsx'
import { readTimelineView, type TimelineView } from './view.ts'

interface FilteredProps {
  begin?: TimelineView
  rows?: Activity[]
  seen?: (view: TimelineView) => void
}

function Filtered({ begin = { source: 'axis', conversationId: uuid() }, rows = [], seen }: FilteredProps) {
  const [view, setView] = useState(begin)
  seen?.(view)
  return <Filters view={view} rows={rows} onChange={(change) => setView(readTimelineView({ ...view, ...change }))} />
}

const by = (type: string, id: string, name: string, account: number): Activity => ({
  id: uuid(), type: 'message_created', source: 'chatwoot', accountId: uuid(account), actor: { type, id, name }, occurredAt: instant(0), data: {},
})

test.each(['One conversation: show all', 'Show everything'])('the filters keep the focus when “%s” goes with what it lifts', async (name) => {
  render(<Filtered />)
  screen.getByRole('button', { name }).focus()
  await userEvent.keyboard('{Enter}')
  expect(screen.queryByRole('button', { name })).toBeNull()
  expect(screen.getByRole('button', { name: 'Type: any' })).toHaveFocus()
})

describe('of people whom two installations give the same id', () => {
  const rows = [by('contact', '5', 'Paula', 1), by('contact', '5', 'Otto', 2), by('contact', '5', 'Otto (old name)', 2)]
  const open = () => userEvent.click(screen.getByRole('button', { name: /^Who: / }))
  const options = async () => (await screen.findAllByRole('menuitemradio')).map(({ textContent }) => textContent)

  test('each can be chosen', async () => {
    const seen = vi.fn()
    render(<Filtered begin={{}} rows={rows} seen={seen} />)
    await open()
    expect((await options()).slice(-2)).toEqual(['Otto', 'Paula'])
    await userEvent.click(screen.getByRole('menuitemradio', { name: 'Otto' }))
    expect(seen).toHaveBeenLastCalledWith({ actor: 'contact:5', accountId: uuid(2) })
    expect(screen.getByRole('button', { name: 'Who: Otto' })).toBeVisible()
    // It is one filter.
    expect(screen.queryByRole('button', { name: 'Show everything' })).toBeNull()
    await open()
    await userEvent.click(await screen.findByRole('menuitemradio', { name: 'Anybody' }))
    expect(seen).toHaveBeenLastCalledWith({})
  })

  test('an earlier address names all, and leads to each', async () => {
    render(<Filtered begin={{ actor: 'contact:5' }} rows={rows} />)
    expect(screen.getByRole('button', { name: 'Who: Paula / Otto' })).toBeVisible()
    await open()
    expect((await options()).slice(-3)).toEqual(['Otto', 'Paula', 'Paula / Otto'])
  })
})

test.each([
  ['an agent of several accounts', [by('user', '7', 'Ana', 1), by('user', '7', 'Ana', 2)]],
  ['a person of this workspace', [by('member', 'ana', 'Ana', 1), by('member', 'ana', 'Ana', 2)]],
])('%s is chosen in all of them', async (_, rows) => {
  const seen = vi.fn()
  render(<Filtered begin={{}} rows={rows} seen={seen} />)
  await userEvent.click(screen.getByRole('button', { name: 'Who: Anybody' }))
  await userEvent.click(await screen.findByRole('menuitemradio', { name: 'Ana' }))
  expect(seen).toHaveBeenLastCalledWith({ actor: `${rows[0]?.actor?.type}:${rows[0]?.actor?.id}` })
})
