import { createMemoryHistory, createRootRoute, createRoute, createRouter, Outlet, RouterProvider } from '@tanstack/react-router'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { expect, onTestFinished, test, vi } from 'vitest'

import { useKeys } from './keyboard.ts'
import { Broken, lazily } from './lazily.tsx'
import { dismiss, toasts } from './toasts.ts'

const ABSENT = 'Failed to fetch dynamically imported module: /app/assets/Part.js'

/** Loads on the second try. */
function late<T>(module: T) {
  return vi.fn(() => Promise.resolve(module)).mockImplementationOnce(() => Promise.reject(new TypeError(ABSENT)))
}

test('a part that does not load takes nothing else away, and is asked for anew when it is wanted again', async () => {
  onTestFinished(() => dismiss('not loaded'))
  const load = late({ default: ({ name }: { name: string }) => <p>{name} is here</p> })
  const Part = lazily(load)
  function Page() {
    const [open, setOpen] = useState(false)
    return (
      <>
        <button type="button" onClick={() => setOpen(true)}>
          Open
        </button>
        {open && <Part name="The menu" meanwhile="Loading" missing={() => setOpen(false)} />}
      </>
    )
  }
  render(<Page />)
  const button = screen.getByRole('button', { name: 'Open' })
  await userEvent.click(button)
  await expect.poll(() => toasts().map(({ title }) => title)).toEqual(['This part did not load'])
  expect(screen.queryByText('Loading')).toBeNull()
  await userEvent.click(button)
  expect(await screen.findByText('The menu is here')).toBeVisible()
  expect(load).toHaveBeenCalledTimes(2)
})

test('while a part is awaited, keys are not for what is below it, and Escape gives it up', async () => {
  const pressed: string[] = []
  const note = (key: string) => () => void pressed.push(key)
  const Part = lazily(() => new Promise<{ default: () => null }>(() => undefined))
  function Page() {
    const [open, setOpen] = useState(false)
    useKeys({ e: note('e'), 'g i': note('g i'), Escape: note('Escape'), 'mod+k': note('mod+k'), '?': () => setOpen(true) })
    return open && <Part missing={() => setOpen(false)} />
  }
  render(<Page />)
  await userEvent.keyboard('e?egi{Control>}k{/Control}{Escape}e{Escape}')
  expect(pressed).toEqual(['e', 'mod+k', 'e', 'Escape'])
})

test('a part that nobody asked for is missed without a word', async () => {
  const load = late({ default: () => <p>here</p> })
  const Part = lazily(load)
  render(<Part meanwhile="in plain words" />)
  await expect.poll(() => load.mock.settledResults[0]?.type).toBe('rejected')
  expect(screen.getByText('in plain words')).toBeVisible()
  expect(toasts()).toEqual([])
})

/** A page with a screen in it that comes on the second try. */
function screenOf(error: Error) {
  const root = createRootRoute({ component: () => <><p>All around</p><Outlet /></> })
  const here = createRoute({ getParentRoute: () => root, path: '/' })
  const load = vi.fn<() => Promise<unknown>>().mockRejectedValueOnce(error).mockResolvedValue({ options: { component: () => <p>The screen</p> } })
  here.lazy(load as never)
  const routeTree = root.addChildren([here])
  const router = createRouter({ routeTree, history: createMemoryHistory(), defaultErrorComponent: Broken })
  render(<RouterProvider router={router} />)
}

test('a screen that does not load leaves what is around it, and can be tried again without a connection', async () => {
  vi.spyOn(console, 'warn').mockReturnValue()
  vi.spyOn(console, 'error').mockReturnValue()
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  screenOf(new TypeError(ABSENT))
  expect(await screen.findByText('This screen did not load')).toBeVisible()
  expect(screen.getByText('All around')).toBeVisible()
  expect(screen.queryByText(ABSENT)).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText('The screen')).toBeVisible()
})

test('a screen that breaks says how, and can be tried again', async () => {
  vi.spyOn(console, 'warn').mockReturnValue()
  vi.spyOn(console, 'error').mockReturnValue()
  screenOf(new Error('it has no rows'))
  expect(await screen.findByText('it has no rows')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText('The screen')).toBeVisible()
})
