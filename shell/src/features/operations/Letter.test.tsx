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
  const { answer, come } = held()
  let asked = 0
  api.use(
    http.untyped.get('*/api/v1/operations/dead-letters/:id', () => HttpResponse.json(LETTER)),
    http.untyped.post('*/api/v1/operations/dead-letters/:id/redrive', async ({ request }) => {
      const { dryRun } = (await request.json()) as { dryRun: boolean }
      if (dryRun) return HttpResponse.json({ outcome: 'would-be-sent', deadLetter: LETTER })
      asked += 1
      return answer()
    }),
  )
  const close = vi.fn()
  const { unmount } = show(<Letter id={ID} acts close={close} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Redrive…' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Redrive it' }))
  await waitFor(() => expect(asked).toBe(1))
  return { close, unmount, come }
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
