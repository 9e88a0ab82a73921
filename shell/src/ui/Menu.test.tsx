import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { CircleCheck } from 'lucide-react'
import { expect, test, vi } from 'vitest'

import { Button } from './Button.tsx'
import { Actions } from './Menu.tsx'

function given() {
  const [first, second] = [vi.fn(), vi.fn()]
  render(
    <Actions
      label="More"
      trigger={(menu) => <Button {...menu}>More</Button>}
      actions={[
        { name: 'Resolve', icon: CircleCheck, run: first },
        { name: 'Snooze', icon: CircleCheck, run: second },
      ]}
    />,
  )
  return { button: screen.getByRole('button', { name: 'More' }), first, second }
}

test('a menu is opened, and used, by keys alone', async () => {
  const { button, first, second } = given()
  await userEvent.tab()
  expect(button).toHaveFocus()
  await userEvent.keyboard('{Enter}')
  expect(button).toHaveAttribute('aria-expanded', 'true')
  await expect.poll(() => screen.queryByRole('menuitem', { name: 'Resolve' })).toHaveFocus()
  await userEvent.keyboard('{ArrowDown}{Enter}')
  expect(second).toHaveBeenCalledOnce()
  expect(first).not.toHaveBeenCalled()
  expect(screen.queryByRole('menu')).toBeNull()
  expect(button).toHaveFocus()
  expect(button).toHaveAttribute('aria-expanded', 'false')
})

test('a menu is opened by the pointer, and closed by Escape', async () => {
  const { button, first } = given()
  await userEvent.click(button)
  expect(await screen.findByRole('menu', { name: 'More' })).toBeVisible()
  await userEvent.keyboard('{Escape}')
  expect(screen.queryByRole('menu')).toBeNull()
  await userEvent.click(button)
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Resolve' }))
  expect(first).toHaveBeenCalledOnce()
})
