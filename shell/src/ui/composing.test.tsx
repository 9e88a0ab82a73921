import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'

import { Pick } from './Pick.tsx'
import { ReasonSheet } from './ReasonSheet.tsx'

/** A key while characters are made, and the last one as Safari tells it. */
const KEYS = [
  ['while characters are made', { isComposing: true }],
  ['that ended it, as Safari tells', { keyCode: 229 }],
] as const

test.each(KEYS)('a key %s chooses nothing', (_, how) => {
  const run = vi.fn()
  render(<Pick label="Agents" list="Agents" placeholder="" nothing="" options={[{ id: '1', name: 'Aiko', run }]} />)
  fireEvent.keyDown(screen.getByRole('combobox'), { key: 'Enter', ...how })
  expect(run).not.toHaveBeenCalled()
  fireEvent.keyDown(screen.getByRole('combobox'), { key: 'Enter' })
  expect(run).toHaveBeenCalledOnce()
})

test.each(KEYS)('a key %s neither sends a reason nor closes its sheet', (_, how) => {
  const send = vi.fn()
  const close = vi.fn()
  render(<ReasonSheet title="Escalate" about="it" question="Why?" rows={2} pending={false} error={null} send={send} close={close} />)
  const field = screen.getByRole('textbox')
  fireEvent.change(field, { target: { value: '返金' } })
  fireEvent.keyDown(field, { key: 'Escape', ...how })
  fireEvent.keyDown(field, { key: 'Enter', ctrlKey: true, ...how })
  expect(close).not.toHaveBeenCalled()
  expect(send).not.toHaveBeenCalled()
  fireEvent.keyDown(field, { key: 'Enter', ctrlKey: true })
  expect(send).toHaveBeenCalledExactlyOnceWith('返金')
  fireEvent.keyDown(field, { key: 'Escape' })
  expect(close).toHaveBeenCalledOnce()
})

test('what is typed runs as its letters do', () => {
  render(<ReasonSheet title="Escalate" about="it" question="Why?" rows={2} pending={false} error={null} send={vi.fn()} close={vi.fn()} />)
  expect(screen.getByRole('textbox')).toHaveAttribute('dir', 'auto')
  render(<Pick label="Agents" list="Agents" placeholder="" nothing="" options={[]} />)
  expect(screen.getByRole('combobox', { hidden: true })).toHaveAttribute('dir', 'auto')
})
