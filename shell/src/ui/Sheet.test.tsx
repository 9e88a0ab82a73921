import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { CircleAlert } from 'lucide-react'
import { useRef, useState } from 'react'
import { expect, test } from 'vitest'

import { Button } from './Button.tsx'
import { Actions } from './Menu.tsx'
import { Sheet } from './Sheet.tsx'

/** A page with a sheet, from which one goes to a field. */
function Page() {
  const [open, setOpen] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const go = () => {
    setOpen(false)
    setTimeout(() => field.current?.focus())
  }
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Open
      </button>
      <input ref={field} aria-label="Field" />
      {open && (
        <Sheet title="Keys" open onOpenChange={setOpen}>
          <button type="button" onClick={go}>
            Go there
          </button>
        </Sheet>
      )}
    </>
  )
}

test('what had the focus has it again once a sheet is closed, unless something else was given it', async () => {
  render(<Page />)
  const button = screen.getByRole('button', { name: 'Open' })
  await userEvent.click(button)
  await waitFor(() => expect(screen.getByRole('dialog', { name: 'Keys' })).toHaveFocus())
  await userEvent.keyboard('{Escape}')
  expect(screen.queryByRole('dialog')).toBeNull()
  await waitFor(() => expect(button).toHaveFocus())

  await userEvent.click(button)
  await userEvent.click(await screen.findByRole('button', { name: 'Go there' }))
  await waitFor(() => expect(screen.getByRole('textbox', { name: 'Field' })).toHaveFocus())
  await new Promise((go) => setTimeout(go, 20))
  expect(screen.getByRole('textbox', { name: 'Field' })).toHaveFocus()
})

function FromMenu() {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Actions label="More" trigger={(menu) => <Button {...menu}>More</Button>} actions={[{ name: 'Escalate', icon: CircleAlert, run: () => setOpen(true) }]} />
      {open && (
        <Sheet title="Escalate" open onOpenChange={setOpen}>
          Why?
        </Sheet>
      )}
    </>
  )
}

test('and the button of the menu has it, by which a sheet was opened', async () => {
  render(<FromMenu />)
  const button = screen.getByRole('button', { name: 'More' })
  await userEvent.click(button)
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Escalate' }))
  await waitFor(() => expect(screen.getByRole('dialog', { name: 'Escalate' })).toHaveFocus())
  await userEvent.keyboard('{Escape}')
  await waitFor(() => expect(button).toHaveFocus())
})
