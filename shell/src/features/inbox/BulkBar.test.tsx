import { act, render } from '@testing-library/react'
import { expect, onTestFinished, test, vi } from 'vitest'

import { clearSelection, select } from '#desk/selection.ts'
import { Toasts } from '#ui/Toasts.tsx'

import { BulkBar } from './BulkBar.tsx'

test('toasts are above the bar with what can be done, as long as there is one', () => {
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(84)
  onTestFinished(() => void vi.restoreAllMocks())
  const { getByRole } = render(
    <>
      <Toasts />
      <BulkBar onCovers={() => undefined} />
    </>,
  )
  const room = () => document.documentElement.style.getPropertyValue('--bar-room')
  expect(getByRole('status').className).toContain('var(--bar-room,0px)')
  expect(room()).toBe('')
  act(() => select(['one']))
  expect(room()).toBe('84px')
  act(clearSelection)
  expect(room()).toBe('')
})
