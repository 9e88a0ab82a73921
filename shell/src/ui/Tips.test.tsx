import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import { IconButton } from './Button.tsx'
import { Tips } from './Tips.tsx'

function given() {
  render(
    <>
      <IconButton label="Snooze" keys="S">
        <svg />
      </IconButton>
      <Tips />
    </>,
  )
  return screen.getByRole('button', { name: 'Snooze' })
}

test('what is pointed at says what it is and its key, until the pointer or Escape leaves', async () => {
  const user = userEvent.setup()
  const button = given()
  await user.hover(button)
  expect(await screen.findByRole('tooltip')).toHaveTextContent('SnoozeS')
  expect(button).toHaveAccessibleDescription('Snooze S')
  // It can be reached, to be read enlarged or to be copied.
  await user.hover(screen.getByRole('tooltip'))
  await user.hover(document.body)
  await expect.poll(() => screen.queryByRole('tooltip')).toBeNull()
  await user.hover(button)
  expect(await screen.findByRole('tooltip')).toBeVisible()
  await user.keyboard('{Escape}')
  await expect.poll(() => screen.queryByRole('tooltip')).toBeNull()
  expect(button).not.toHaveAccessibleDescription()
})

test('what is pressed, or has left the page, says nothing more', async () => {
  const button = given()
  await userEvent.hover(button)
  expect(await screen.findByRole('tooltip')).toBeVisible()
  fireEvent.pointerDown(button)
  await expect.poll(() => screen.queryByRole('tooltip')).toBeNull()
})
