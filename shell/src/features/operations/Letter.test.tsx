import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { beforeEach, expect, test, vi } from 'vitest'

import { api, http } from '#test/api.ts'
import { held } from '#test/held.ts'
import { show } from '#test/render.tsx'
import { instant, uuid } from '#test/samples.ts'
import { dismiss, toasts } from '#ui/toasts.ts'

import { Letter } from './Letter.tsx'

const ID = uuid(66)
const LETTER = {
  id: ID, at: instant(0), stream: 'INBOUND', streamSequence: 7, sequence: 1, consumer: 'sync-worker', subject: 'inbound.1.message_created',
  event: 'message_created', reason: 'undecodable', detail: 'It has no id', bytes: 20, headers: {}, payload: {},
}

beforeEach(() => {
  for (const one of toasts()) dismiss(one.key)
})

/** Redrives a letter; the answer comes when it is told to. */
async function redriven() {
  const page = await asked()
  await userEvent.click(screen.getByRole('button', { name: 'Redrive it' }))
  await page.done()
  return page
}

/** The same, before it is confirmed. */
async function asked(preview = 'would-be-sent') {
  const { answer, come } = held()
  let count = 0
  api.use(
    http.untyped.get('*/api/v1/operations/dead-letters/:id', () => HttpResponse.json(LETTER)),
    http.untyped.post('*/api/v1/operations/dead-letters/:id/redrive', async ({ request }) => {
      const { dryRun } = (await request.json()) as { dryRun: boolean }
      if (dryRun) return HttpResponse.json({ outcome: preview, deadLetter: LETTER })
      count += 1
      return answer()
    }),
  )
  const close = vi.fn()
  const { unmount } = show(<Letter id={ID} acts close={close} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Redrive…' }))
  await screen.findByRole('group', { name: 'Confirm' })
  return { close, unmount, come, done: () => waitFor(() => expect(count).toBe(1)) }
}

const done = () => HttpResponse.json({ outcome: 'sent', deadLetter: LETTER })

test('what is done with a letter is told, and closes it', async () => {
  const { close, come } = await redriven()
  come(done())
  await waitFor(() => expect(close).toHaveBeenCalledOnce())
  expect(toasts()).toMatchObject([{ title: 'Sent to its stream again' }])
})

test('who has closed it is told, and stays where they are', async () => {
  const { close, unmount, come } = await redriven()
  unmount()
  come(done())
  await waitFor(() => expect(toasts()).toMatchObject([{ title: 'Sent to its stream again' }]))
  expect(close).not.toHaveBeenCalled()
})

test('and is told what was not done', async () => {
  const { unmount, come } = await redriven()
  unmount()
  come(HttpResponse.json({ code: 'busy', detail: 'The server is busy' }, { status: 503 }))
  await waitFor(() => expect(toasts()).toMatchObject([{ title: 'Not done: redrive a dead letter', detail: 'The server is busy', bad: true }]))
})

test('what another operator had done first is told as that', async () => {
  const { come } = await redriven()
  come(HttpResponse.json({ outcome: 'gone', deadLetter: LETTER }))
  await waitFor(() => expect(toasts()).toMatchObject([{ title: 'It was already gone' }]))
})

test('where nothing is left to do, nothing is offered', async () => {
  await asked('sent-before')
  expect(screen.getByText('Nothing is left to do. It was already sent again.')).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Redrive it' })).toBeNull()
  expect(screen.getByRole('button', { name: 'Cancel' })).toBeVisible()
})

test('what was refused before is not told of what is asked next', async () => {
  const { come } = await redriven()
  come(HttpResponse.json({ code: 'busy', detail: 'The server is busy' }, { status: 503 }))
  expect(await screen.findByText('The server is busy')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  await userEvent.click(screen.getByRole('button', { name: 'Redrive…' }))
  await screen.findByRole('group', { name: 'Confirm' })
  expect(screen.queryByText('The server is busy')).toBeNull()
})

test('who is refused has the focus where they pressed', async () => {
  const { come } = await redriven()
  const button = screen.getByRole('button', { name: 'Redrive it' })
  expect(button).toHaveFocus()
  expect(button).toHaveAttribute('aria-disabled', 'true')
  come(HttpResponse.json({ code: 'busy', detail: 'The server is busy' }, { status: 503 }))
  expect(await screen.findByText('The server is busy')).toBeVisible()
  expect(button).toBeEnabled()
  expect(button).toHaveFocus()
})

test('what is to be confirmed is told', async () => {
  await asked()
  const group = screen.getByRole('group', { name: 'Confirm' })
  expect(group).toHaveFocus()
  expect(group).toHaveAccessibleDescription(/^It will be sent to INBOUND again/)
})
