import { act, fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, onTestFinished, test, vi } from 'vitest'

import { SearchField } from './Filters.tsx'
import type { View } from './view.ts'

const field = () => screen.getByRole('searchbox', { name: 'Search conversations' })
const type = (value: string) => fireEvent.change(field(), { target: { value } })

test('what is typed while the address changes stays, and what changes it otherwise is taken', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const asked: View[] = []
  const onChange = (view: View) => void asked.push(view)
  const { rerender } = render(<SearchField view={{}} onChange={onChange} />)
  const address = (view: View) => rerender(<SearchField view={view} onChange={onChange} />)
  type('par')
  act(() => void vi.advanceTimersByTime(300))
  expect(asked).toEqual([{ search: 'par' }])
  type('parc')
  address({ search: 'par' })
  expect(field()).toHaveValue('parc')
  act(() => void vi.advanceTimersByTime(300))
  expect(asked).toEqual([{ search: 'par' }, { search: 'parc' }])
  address({ search: 'parc' })
  // Back, and on again.
  for (const search of ['par', 'parc']) {
    address({ search })
    expect(field()).toHaveValue(search)
  }
  act(() => void vi.advanceTimersByTime(300))
  expect(asked).toHaveLength(2)
})

test('whoever clears the search writes another one', async () => {
  render(<SearchField view={{ search: 'parcel' }} onChange={() => undefined} />)
  await userEvent.click(screen.getByRole('button', { name: 'Clear search' }))
  expect(field()).toHaveValue('')
  expect(field()).toHaveFocus()
})
