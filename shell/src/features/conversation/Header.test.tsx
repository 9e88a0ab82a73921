import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, onTestFinished, test, vi } from 'vitest'

import { show } from '#test/render.tsx'
import { aConversation } from '#test/samples.ts'
import { dismiss, toasts } from '#ui/toasts.ts'

import { Header } from './Header.tsx'

test.each([
  ['is copied', 'Address copied', () => Promise.resolve()],
  ['may not be copied', 'Address not copied', () => Promise.reject(new Error('not allowed'))],
])('an address that %s is told, and what it is', async (_, title, copy) => {
  show(<Header conversation={aConversation()} back={vi.fn()} contextOpen={false} onContext={vi.fn()} />)
  onTestFinished(() => toasts().forEach(({ key }) => dismiss(key)))
  await userEvent.click(await screen.findByRole('button', { name: 'More' }))
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: copy } })
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Copy address' }))
  await vi.waitFor(() => expect(toasts()).toMatchObject([{ title, detail: window.location.origin + window.location.pathname }]))
})
