/** Where the text of a thread stays while more of it is loaded. */
import { fireEvent, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'

import { api, http, NOWHERE } from '#test/api.ts'
import { held } from '#test/held.ts'
import { show } from '#test/render.tsx'
import { aMessage, instant, uuid } from '#test/samples.ts'
import { styled } from '#test/styled.ts'

import { ALL_SEEN } from './lines.ts'
import { Thread } from './Thread.tsx'

const HERE = uuid(1)

/** What a browser would lay out: each word is 50 pixels high, and each line above them 36. */
beforeEach(() => {
  const above = (element: Element) => 36 * element.querySelectorAll('[role=alert]').length
  const spies = [
    vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockImplementation(function (this: HTMLElement) {
      return above(this)
    }),
    vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(500),
    vi.spyOn(Element.prototype, 'scrollHeight', 'get').mockImplementation(function (this: Element) {
      return 50 * (this.textContent.match(/Word/g) ?? []).length + above(this)
    }),
  ]
  onTestFinished(() => spies.forEach((spy) => spy.mockRestore()))
})

const words = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => aMessage({ conversationId: HERE, content: `Word ${from + index}`, createdAt: instant(from + index) }))

test('the text stays while older messages are loaded, do not come, and come', async () => {
  const [older, newer] = [words(0, 10), words(10, 30)]
  const answers = [held(), held()]
  let asked = -1
  api.use(
    http.untyped.get('*/api/v1/conversations/:id/messages', async ({ request }) => {
      if (new URL(request.url).searchParams.has('before')) return await answers[(asked += 1)]!.answer()
      return HttpResponse.json({ data: newer, page: { limit: 50, hasMore: true }, position: NOWHERE })
    }),
  )
  show(<Thread conversationId={HERE} contactId={HERE} chatwootUrl={null} unread={ALL_SEEN} onEdit={vi.fn()} />)
  const box = await screen.findByRole('log')
  box.scrollTop = 300
  fireEvent.scroll(box)
  expect((await styled(await screen.findByRole('status', { name: 'Loading older messages' }))).position).toBe('absolute')
  expect(box.scrollTop).toBe(300)
  answers[0]!.come(HttpResponse.json({ code: 'unavailable', detail: 'not now' }, { status: 503 }))
  const retry = await screen.findByRole('button', { name: /^Older messages did not load/ })
  expect(box.scrollTop).toBe(336)
  await userEvent.click(retry)
  answers[1]!.come(HttpResponse.json({ data: older, page: { limit: 50, hasMore: false }, position: NOWHERE }))
  await screen.findByText('Word 0')
  expect(retry).not.toBeInTheDocument()
  expect(box.scrollTop).toBe(800)
})
