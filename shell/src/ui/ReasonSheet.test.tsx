import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'

import { ReasonSheet } from './ReasonSheet.tsx'
import { forgetUnsent } from './unsent.ts'

beforeEach(() => forgetUnsent('escalate 7'))

/** The sheet about something, to be closed. */
function open(about: string) {
  const close = vi.fn()
  const { unmount } = render(
    <ReasonSheet title="Escalate" about={about} question="Why?" rows={2} pending={false} error={null} send={vi.fn()} close={close} />,
  )
  onTestFinished(unmount)
  return { close, unmount, field: screen.getByRole('textbox', { name: 'Why?' }) }
}

const aside = () => userEvent.click(document.querySelector('.bg-veil')!)

test.each([
  ['by a key', () => userEvent.keyboard('{Escape}')],
  ['by a click beside it', aside],
])('what was typed is there again once the sheet was closed %s, and in none about another thing', async (_, leave) => {
  const first = open('escalate 7')
  await userEvent.type(first.field, 'It is much.')
  await leave()
  expect(first.close).toHaveBeenCalled()
  first.unmount()
  const other = open('escalate 8')
  expect(other.field).toHaveValue('')
  other.unmount()
  const again = open('escalate 7')
  expect(again.field).toHaveValue('It is much.')
  again.unmount()
  forgetUnsent('escalate 7')
  expect(open('escalate 7').field).toHaveValue('')
})

test('the reason can be typed at once', async () => {
  const { field } = open('escalate 7')
  await userEvent.keyboard('It is much.')
  expect(field).toHaveValue('It is much.')
})
