import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { useState } from 'react'
import { expect, onTestFinished, test, vi } from 'vitest'

import type { Activity as Line } from '#api/types.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { anAnnouncement, instant, uuid } from '#test/samples.ts'
import { styled } from '#test/styled.ts'

import { Activity } from './Activity.tsx'

test('what was heard stays as long as somebody reads it, and what is not looked at any more goes', async () => {
  const lines = (count: number): Line[] =>
    Array.from({ length: count }, () => ({ id: uuid(), type: 'widget_opened', source: 'chatwoot', occurredAt: instant(0), data: {} }))
  const answers = [lines(1_999), lines(50)]
  let asked = 0
  api.use(
    http.untyped.get('*/api/v1/activity', () =>
      Response.json({ data: answers[asked++], page: { limit: 50, nextCursor: null }, position: { activity: `e:${asked === 1 ? 0 : 9}` } }),
    ),
  )
  const { live } = show(<Activity view={{}} />)
  const list = await screen.findByRole('list', { name: 'Timeline' })
  expect(list).toHaveStyle({ height: `${1_999 * 48}px` })
  const scroller = list.parentElement!
  const scrollTo = (top: number) => {
    scroller.scrollTop = top
    fireEvent.scroll(scroller)
  }
  scrollTo(10_000)
  act(() => {
    live.take({ event: 'ready', id: 'e:0', data: '{}' })
    for (const sequence of [1, 2, 3]) {
      live.take({ event: 'widget_opened', id: `e:${sequence}`, data: JSON.stringify(anAnnouncement({ type: 'widget_opened', occurredAt: instant(sequence) })) })
    }
  })
  expect(await screen.findByRole('button', { name: '3 new' })).toBeVisible()
  expect(list).toHaveStyle({ height: `${2_002 * 48}px` })
  expect(asked).toBe(1)
  scrollTo(0)
  await waitFor(() => expect(list).toHaveStyle({ height: `${50 * 48}px` }))
  expect(asked).toBe(2)
})

test('of what has found nothing yet, only what did not load is asked for again', async () => {
  const asked: (string | null)[] = []
  let broken = true
  api.use(
    http.untyped.get('*/api/v1/activity', ({ request }) => {
      const cursor = new URL(request.url).searchParams.get('cursor')
      asked.push(cursor)
      if (cursor && broken) return Response.json({ code: 'unavailable', detail: 'not now' }, { status: 503 })
      return Response.json({ data: [], page: { limit: 50, nextCursor: cursor ? null : 'further' }, position: { activity: 'e:0' } })
    }),
  )
  show(<Activity view={{ type: 'widget_opened' }} />)
  const again = await screen.findByRole('button', { name: 'Try again' })
  broken = false
  fireEvent.click(again)
  expect(await screen.findByText('Nothing matches these filters')).toBeVisible()
  expect(asked).toEqual([null, 'further', 'further'])
})

test('of what is rare, a few pages are looked through unasked, and further ones when somebody says so', async () => {
  const line = { id: uuid(), type: 'widget_opened', source: 'chatwoot', occurredAt: instant(0), data: {} }
  let asked = 0
  api.use(
    http.untyped.get('*/api/v1/activity', ({ request }) => {
      asked += 1
      const page = Number(new URL(request.url).searchParams.get('cursor') ?? 0)
      return Response.json({ data: page === 7 ? [line] : [], page: { limit: 50, nextCursor: page < 30 ? String(page + 1) : null }, position: { activity: 'e:0' } })
    }),
  )
  show(<Activity view={{ type: 'widget_opened' }} />)
  const further = await screen.findByRole('button', { name: 'Look further back' })
  act(() => further.focus())
  fireEvent.click(further)
  expect(asked).toBe(5)
  expect(further).toHaveAttribute('aria-disabled', 'true')
  expect(await screen.findByRole('list', { name: 'Timeline' })).toBeVisible()
  await waitFor(() => expect(screen.getByRole('group', { name: 'Lines' })).toHaveFocus())
  const again = await screen.findByRole('button', { name: 'Look further back' })
  expect(asked).toBe(18)
  act(() => again.focus())
  fireEvent.click(again)
  await waitFor(() => expect(asked).toBe(23))
  await waitFor(() => expect(again).not.toHaveAttribute('aria-disabled'))
  expect(again).toHaveFocus()
})

test('whoever reads further down keeps their place when a line joins right above it', async () => {
  const line = (second: number) => ({ id: uuid(), type: 'widget_opened', source: 'chatwoot', occurredAt: instant(second), data: {} })
  const lines = Array.from({ length: 50 }, (_, index) => line(59 - index))
  api.use(
    http.untyped.get('*/api/v1/activity', () =>
      Response.json({ data: lines, page: { limit: 50, nextCursor: null }, position: { activity: 'e:0' } }),
    ),
  )
  const { live } = show(<Activity view={{}} />)
  const scroller = (await screen.findByRole('list', { name: 'Timeline' })).parentElement!
  scroller.scrollTop = 480
  fireEvent.scroll(scroller)
  const moved = vi.spyOn(scroller, 'scrollBy')
  onTestFinished(() => moved.mockRestore())
  const hear = (sequence: number, second: number) =>
    act(() => {
      const told = anAnnouncement({ type: 'widget_opened', occurredAt: instant(second, 5) })
      live.take({ event: 'widget_opened', id: `e:${sequence}`, data: JSON.stringify(told) })
    })
  act(() => live.take({ event: 'ready', id: 'e:0', data: '{}' }))
  // Below the first line and above the tenth; then below that.
  hear(1, 55)
  await waitFor(() => expect(moved.mock.calls).toEqual([[0, 48]]))
  hear(2, 30)
  await waitFor(() => expect(scroller.firstElementChild).toHaveStyle({ height: `${52 * 48}px` }))
  expect(moved).toHaveBeenCalledTimes(1)
})

test('another view begins at its top, and has missed nothing', async () => {
  const line = (type: string, second: number) => ({ id: uuid(), type, source: 'chatwoot', occurredAt: instant(second), data: {} })
  const opened = Array.from({ length: 30 }, (_, index) => line('widget_opened', 30 - index))
  const others = Array.from({ length: 7 }, (_, index) => line('message_read', 59 - index))
  api.use(
    http.untyped.get('*/api/v1/activity', ({ request }) => {
      const data = new URL(request.url).searchParams.has('type') ? opened : [...others, ...opened]
      return Response.json({ data, page: { limit: 50, nextCursor: null }, position: { activity: 'e:0' } })
    }),
  )
  function Both() {
    const [all, setAll] = useState(false)
    return (
      <>
        <button type="button" onClick={() => setAll(true)}>
          All
        </button>
        <Activity view={all ? {} : { type: 'widget_opened' }} />
      </>
    )
  }
  show(<Both />)
  const list = await screen.findByRole('list', { name: 'Timeline' })
  list.parentElement!.scrollTop = 480
  fireEvent.scroll(list.parentElement!)
  fireEvent.click(screen.getByRole('button', { name: 'All' }))
  await waitFor(() => expect(screen.getByRole('list', { name: 'Timeline' })).toHaveStyle({ height: `${37 * 48}px` }))
  expect(screen.queryByRole('button', { name: /new$/ })).toBeNull()
  expect(screen.getByRole('list', { name: 'Timeline' }).parentElement!.scrollTop).toBe(0)
})

test('that the newest did not load is said so, and not as if earlier lines had not', async () => {
  const line = { id: uuid(), type: 'widget_opened', source: 'chatwoot', occurredAt: instant(0), data: {} }
  const asked: (string | null)[] = []
  let broken = false
  api.use(
    http.untyped.get('*/api/v1/activity', ({ request }) => {
      asked.push(new URL(request.url).searchParams.get('cursor'))
      if (broken) return Response.json({ code: 'unavailable', detail: 'not now' }, { status: 503 })
      return Response.json({ data: [line], page: { limit: 50, nextCursor: null }, position: { activity: asked.length === 1 ? 'e:0' : 'f:0' } })
    }),
  )
  const { live } = show(<Activity view={{}} />)
  await screen.findByRole('list', { name: 'Timeline' })
  broken = true
  act(() => live.take({ event: 'reset', id: 'f:0', data: '{}' }))
  const again = await screen.findByRole('button', { name: 'Newer activity did not load. Try again' })
  broken = false
  fireEvent.click(again)
  await waitFor(() => expect(screen.queryByRole('button', { name: /did not load/ })).toBeNull())
  expect(asked).toEqual([null, null, null])
})

test('only one conversation can be asked for where nothing hovers', async () => {
  const data = [{ id: uuid(), type: 'message_created', source: 'chatwoot', conversationId: uuid(), occurredAt: instant(0), data: {} }]
  api.use(http.untyped.get('*/api/v1/activity', () => Response.json({ data, page: { limit: 50, nextCursor: null }, position: { activity: 'e:0' } })))
  show(<Activity view={{}} />)
  const button = await screen.findByRole('button', { name: 'Only this conversation' })
  const { position, opacity } = await styled(button.parentElement!)
  expect(position).toBe('absolute')
  expect(opacity).not.toMatch(/^0/)
})
