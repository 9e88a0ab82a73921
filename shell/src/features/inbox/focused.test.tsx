import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import type { Conversation } from '#api/types.ts'
import { underWay } from '#desk/act.ts'
import { clearSelection, select } from '#desk/selection.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, anAnnouncement, instant, uuid } from '#test/samples.ts'

import { List } from './List.tsx'

/** A list with so many rows; `leaves` has one resolved, as it is heard. */
async function given(count: number) {
  const rows = Array.from({ length: count }, (_, number) =>
    aConversation({ contact: { id: uuid(), name: `Person ${number}.`, thumbnail: null }, lastActivityAt: instant(59 - number) }),
  )
  api.use(http.untyped.get('*/api/v1/conversations', () => HttpResponse.json({ data: rows, page: { limit: 50, nextCursor: null }, position: NOWHERE })))
  onTestFinished(clearSelection)
  const { live } = show(<List view={{}} openId={undefined} />)
  await screen.findByRole('link', { name: /Person 0\./ })
  let sequence = 0
  const leaves = (...numbers: number[]) =>
    act(() => {
      for (const number of numbers) {
        const conversation: Conversation = { ...rows[number]!, status: 'resolved', updatedAt: instant(9) }
        live.take({ event: 'conversation_updated', id: `e:${++sequence}`, data: JSON.stringify(anAnnouncement({ conversation })) })
      }
    })
  const link = (number: number) => screen.getByRole('link', { name: new RegExp(`Person ${number}\\.`) })
  return { rows, leaves, link }
}

test('the row below has the focus once the one that had it has left the list, and of the last one the row above', async () => {
  const { leaves, link } = await given(40)
  act(() => link(1).focus())
  leaves(1)
  await waitFor(() => expect(link(2)).toHaveFocus())
  leaves(2, 3)
  await waitFor(() => expect(link(4)).toHaveFocus())
})

test('without a row below, the one above has it', async () => {
  const { leaves, link } = await given(3)
  act(() => link(2).focus())
  leaves(2)
  await waitFor(() => expect(link(1)).toHaveFocus())
})

test('a row that leaves takes the focus from nothing else', async () => {
  const { leaves, link } = await given(3)
  act(() => link(1).focus())
  const field = screen.getByRole('searchbox')
  act(() => field.focus())
  leaves(1)
  await waitFor(() => expect(screen.queryByRole('link', { name: /Person 1\./ })).toBeNull())
  expect(field).toHaveFocus()
})

test('so it does while somebody is in another window', async () => {
  const { leaves, link } = await given(3)
  act(() => link(1).focus())
  const away = vi.spyOn(document, 'hasFocus').mockReturnValue(false)
  onTestFinished(() => away.mockRestore())
  fireEvent.blur(link(1))
  leaves(1)
  await waitFor(() => expect(link(2)).toHaveFocus())
})

test('after what was done with several, the row has it that had it last, or the one below', async () => {
  const { rows, leaves, link } = await given(4)
  act(() => link(1).focus())
  await userEvent.keyboard('x')
  screen.getByRole('button', { name: 'Clear selection' }).focus()
  await userEvent.keyboard('{Enter}')
  expect(link(1)).toHaveFocus()

  act(() => select([rows[1]!.id, rows[2]!.id]))
  act(() => screen.getByRole('button', { name: 'Status' }).focus())
  act(() => underWay.set({ done: 0, of: 2 }))
  expect(screen.getByRole('group', { name: 'Selected conversations' })).toHaveFocus()
  leaves(1, 2)
  await waitFor(() => expect(screen.queryByRole('link', { name: /Person 1\./ })).toBeNull())
  act(() => underWay.set(null))
  await waitFor(() => expect(link(3)).toHaveFocus())
})
