import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { asked } from '#desk/asked.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, instant, uuid } from '#test/samples.ts'
import { soon } from '#test/soon.ts'
import { dismiss, toasts } from '#ui/toasts.ts'

import { Header } from './Header.tsx'

test.each([
  ['is copied', 'Link copied', () => Promise.resolve()],
  ['may not be copied', 'Link not copied', () => Promise.reject(new Error('not allowed'))],
])('an address that %s is told, and what it is', async (_, title, copy) => {
  show(<Header conversation={aConversation()} back={vi.fn()} contextOpen={false} onContext={vi.fn()} />)
  onTestFinished(() => toasts().forEach(({ key }) => dismiss(key)))
  await userEvent.click(await screen.findByRole('button', { name: 'More' }))
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: copy } })
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Copy link' }))
  await soon(() => expect(toasts()).toMatchObject([{ title, detail: window.location.origin + window.location.pathname }]))
})

test('what a narrow header has no room for is in its menu', async () => {
  const contact = { id: uuid(), accountId: uuid(1), chatwootId: 5, name: 'Paula Probe', phoneNumber: '+49 170 1234567', customAttributes: {}, additionalAttributes: {}, blocked: false, updatedAt: instant(0) }
  api.use(http.untyped.get('*/api/v1/contacts/:id', () => HttpResponse.json(contact)))
  const open = vi.spyOn(window, 'open').mockReturnValue(null)
  onTestFinished(() => asked.set(null))
  const conversation = aConversation()
  show(<Header conversation={conversation} back={vi.fn()} contextOpen={false} onContext={vi.fn()} />)
  expect(await screen.findByRole('link', { name: 'Call +49 170 1234567' })).toBeVisible()
  const choose = async (name: string) => {
    await userEvent.click(screen.getByRole('button', { name: 'More' }))
    await userEvent.click(await screen.findByRole('menuitem', { name }))
  }
  await choose('Call +49 170 1234567')
  expect(open).toHaveBeenCalledWith('tel:+491701234567', '_self')
  await choose('Escalate…')
  expect(asked.get()).toMatchObject({ what: 'escalate', about: [conversation.id] })
})
