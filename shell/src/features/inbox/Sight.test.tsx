import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'

import type { Conversation } from '#api/types.ts'
import { inSight, sight } from '#desk/sight.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage, anAnnouncement, instant, uuid } from '#test/samples.ts'

import { List } from './List.tsx'
import { ROW_HEIGHT } from './Row.tsx'
import type { View } from './view.ts'

/** A list of conversations of which each has waited longer, and been silent longer, than the next. */
async function listed(view: View, count = 60) {
  const rows = Array.from({ length: count }, (_, index) =>
    aConversation({ contact: { id: uuid(), name: `Row ${index}`, thumbnail: null }, waitingSince: instant(index), lastActivityAt: instant(-index) }),
  )
  api.use(
    http.untyped.get('*/api/v1/conversations', () =>
      Response.json({ data: rows, page: { limit: 100, nextCursor: null }, position: { activity: 'e:0' } }),
    ),
  )
  const { live, unmount } = show(<List view={view} openId={undefined} />)
  await screen.findByRole('link', { name: /Row 0/ })
  const scroller = screen.getByRole('list', { name: 'Conversations' }).parentElement!
  let sequence = 0
  act(() => live.take({ event: 'ready', id: 'e:0', data: '{}' }))
  /** A customer writes. Tells whether the list shows it as soon as that is known, before anything is rendered. */
  const writes = (row: Conversation) => {
    sequence += 1
    const at = instant(sequence)
    const conversation = { ...row, unreadCount: 7, lastActivityAt: at, updatedAt: at }
    const data = JSON.stringify(anAnnouncement({ type: 'message_created', conversation, message: aMessage({ conversationId: row.id }) }))
    let shown = false
    act(() => {
      live.take({ event: 'message_created', id: `e:${sequence}`, data })
      shown = inSight(row.id, live.placeInList(row.id))
    })
    return shown
  }
  const scrollTo = (row: number) => {
    scroller.scrollTop = row * ROW_HEIGHT
    fireEvent.scroll(scroller)
  }
  return { rows, writes, scrollTo, scroller, unmount }
}

test('in a list whose order stays, a message is in sight if its row is', async () => {
  const { rows, writes, scrollTo, unmount } = await listed({ sort: 'waiting' })
  expect([0, 5, 50].map((at) => writes(rows[at]!))).toEqual([true, true, false])
  scrollTo(48)
  await waitFor(() => expect(sight.get()).toMatchObject({ first: 48, held: true }))
  // Nothing moves, so there is no button either.
  expect([0, 5, 50].map((at) => writes(rows[at]!))).toEqual([false, false, true])
  expect(screen.queryByRole('button', { name: 'Show new activity' })).toBeNull()
  unmount()
  expect(sight.get()).toBeNull()
})

test('what goes to the visible top is in sight, and so is what waits there behind the button', async () => {
  const { rows, writes, scrollTo, scroller } = await listed({})
  expect(writes(rows[50]!)).toBe(true)
  await screen.findByRole('link', { name: /Row 50/ })
  scrollTo(30)
  await waitFor(() => expect(sight.get()).toMatchObject({ first: 30, held: true }))
  // It is the first one already, far above.
  expect(writes(rows[50]!)).toBe(false)
  expect(writes(rows[55]!)).toBe(true)
  expect(await screen.findByRole('button', { name: 'Show new activity' })).toBeVisible()
  expect(scroller.scrollTop).toBe(30 * ROW_HEIGHT)
})

test('what joins a list that does not fill its place is in sight', async () => {
  const { writes } = await listed({ sort: 'waiting' }, 3)
  expect(writes(aConversation({ waitingSince: instant(30) }))).toBe(true)
})
