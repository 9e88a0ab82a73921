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
      <BulkBar loaded={2} onCovers={() => undefined} />
    </>,
  )
  const lift = () => document.documentElement.style.getPropertyValue('--toasts-lift')
  expect(getByRole('status').className).toContain('var(--toasts-lift,0px)')
  expect(lift()).toBe('')
  act(() => select(['one']))
  expect(lift()).toBe('84px')
  act(clearSelection)
  expect(lift()).toBe('')
})
