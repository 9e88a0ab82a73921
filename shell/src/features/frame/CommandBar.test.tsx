import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { onWanted } from '#desk/asked.ts'
import { clearSelection, select } from '#desk/selection.ts'
import { conversationsQuery } from '#live/queries.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { mayOnly } from '#test/may.ts'
import { show } from '#test/render.tsx'
import { aConversation, instant, uuid } from '#test/samples.ts'

import CommandBar from './CommandBar.tsx'

const nothing = () => undefined

/** The bar over an open conversation; what it offers. */
async function offered(): Promise<string[]> {
  const { router } = show(<CommandBar open onOpenChange={nothing} onHelp={nothing} />)
  await router.navigate({ href: `/inbox/${uuid(1)}` })
  return (await screen.findAllByRole('option')).map((one) => one.textContent)
}

test('what somebody may not do is not offered', async () => {
  mayOnly('conversations:read')
  const names = await offered()
  expect(names).toEqual(expect.arrayContaining([expect.stringContaining('Go to the inbox')]))
  expect(names.filter((name) => /Resolve|Escalate|Assign|Set |canned|operations/.test(name))).toEqual([])
})

test('canned responses are those of the account that the conversation is of', async () => {
  const [here, there] = [uuid(801), uuid(802)]
  const row = aConversation({ accountId: here })
  api.use(
    http.untyped.get('*/api/v1/conversations', () =>
      HttpResponse.json({ data: [row], page: { limit: 50, nextCursor: null }, position: NOWHERE }),
    ),
    http.untyped.get('*/api/v1/canned-responses', () =>
      HttpResponse.json({
        data: [here, there].map((accountId, index) => ({
          accountId, chatwootId: 4, shortCode: `refund${index}`, content: 'We refund it.', updatedAt: instant(0),
        })),
      }),
    ),
  )
  const { router, queryClient } = show(<CommandBar open onOpenChange={nothing} onHelp={nothing} />)
  await queryClient.infiniteQuery(conversationsQuery({}))
  await router.navigate({ href: `/inbox/${row.id}` })
  await userEvent.type(await screen.findByRole('combobox'), 'refund')
  const found = await screen.findAllByRole('option', { name: /^\/refund/ })
  expect(found.map((one) => one.textContent)).toEqual([expect.stringContaining('/refund0')])
})

test('what they may do is', async () => {
  mayOnly('conversations:read', 'conversations:update', 'operations:read')
  const names = (await offered()).join()
  for (const one of ['Resolve', 'Assign', 'Go to operations']) expect(names).toContain(one)
  expect(names).not.toContain('Escalate')
})

test('an escalation is offered for one conversation, and not for several that are selected', async () => {
  onTestFinished(clearSelection)
  select([uuid(1), uuid(2)])
  const several = (await offered()).join()
  expect(several).toContain('Set priority')
  expect(several).not.toContain('Escalate')
  act(() => select([uuid(2)]))
  expect(await screen.findByRole('option', { name: /^Escalate/ })).toBeVisible()
})

test('that conversations could not be searched is said, and not that there is none', async () => {
  api.use(http.untyped.get('*/api/v1/conversations', () => HttpResponse.json({ code: 'unavailable', detail: 'it is down' }, { status: 503 })))
  show(<CommandBar open onOpenChange={nothing} onHelp={nothing} />)
  await userEvent.type(await screen.findByRole('combobox'), 'Paula')
  expect(await screen.findByText('Conversations could not be searched: it is down')).toBeVisible()
})

test('what the row with the focus is about is changed from here, as by keys', async () => {
  const row = document.body.appendChild(document.createElement('a'))
  onTestFinished(() => row.remove())
  row.href = '#'
  row.dataset.row = uuid(1)
  row.focus()
  const wanted = vi.fn()
  onWanted({ change: wanted, unread: nothing })
  show(<CommandBar open onOpenChange={nothing} onHelp={nothing} />)
  await userEvent.click(await screen.findByRole('option', { name: /^Resolve/ }))
  expect(wanted).toHaveBeenCalledWith([uuid(1)], { status: 'resolved' })
})

test('what is resolved is reopened from here', async () => {
  const row = aConversation({ status: 'resolved' })
  api.use(
    http.untyped.get('*/api/v1/conversations', () =>
      HttpResponse.json({ data: [row], page: { limit: 50, nextCursor: null }, position: NOWHERE }),
    ),
  )
  const wanted = vi.fn()
  onWanted({ change: wanted, unread: nothing })
  const { router, queryClient } = show(<CommandBar open onOpenChange={nothing} onHelp={nothing} />)
  await queryClient.infiniteQuery(conversationsQuery({}))
  await router.navigate({ href: `/inbox/${row.id}` })
  await userEvent.click(await screen.findByRole('option', { name: /^Reopen/ }))
  expect(wanted).toHaveBeenCalledWith([row.id], { status: 'open' })
})
