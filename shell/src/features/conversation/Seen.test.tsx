import { act, fireEvent, screen } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import type { Message, MessageList, Conversation as Shown } from '#api/types.ts'
import { connectionStatus } from '#live/status.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { mayOnly } from '#test/may.ts'
import { show } from '#test/render.tsx'
import { aConversation, aMessage, anAnnouncement, instant } from '#test/samples.ts'

import { Conversation } from './Conversation.tsx'

/** What the API answers to who asks for what came before a message, or for the newest; nothing if it cannot. */
type Read = (before: string | null) => MessageList | null

const HELLO = aMessage({ content: 'Hello?' })

describe('what somebody looks at is read', () => {
  /** An API that answers `status` to who has read it, opened; how often it was told, and time that goes on. */
  async function unread(status: () => number, thread: Promise<Message[]> | Read = Promise.resolve([HELLO]), given: Partial<Shown> = {}) {
    const real = setTimeout
    vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    let here = aConversation({ unreadCount: 2, ...given })
    let told = 0
    api.use(
      http.get('/api/v1/conversations/{id}', ({ response }) => response(200).json(here)),
      http.get('/api/v1/conversations/{id}/messages', async ({ query, response }) => {
        const one = { page: { limit: 50, hasMore: false }, position: NOWHERE }
        const answer = typeof thread === 'function' ? thread(query.get('before')) : { data: await thread, ...one }
        return answer ? response(200).json(answer) : response.untyped(HttpResponse.json({ detail: 'busy' }, { status: 503 }))
      }),
      http.untyped.get('*/api/v1/activity', () =>
        HttpResponse.json({ data: [], page: { limit: 50, nextCursor: null }, position: NOWHERE }),
      ),
      http.untyped.post('*/api/v1/conversations/:id/read', () => {
        told += 1
        if (status() === 204) here = { ...here, unreadCount: 0 }
        return new HttpResponse(null, { status: status() })
      }),
    )
    const { live, unmount } = show(<Conversation id={here.id} />)
    await screen.findByRole('textbox', { name: 'Reply' })
    // Answers come in their own time: in turns of the event loop, however long each takes on a busy machine.
    const later = async (milliseconds: number) => {
      for (let gone = 0; gone < milliseconds; gone += 250) {
        await act(() => vi.advanceTimersByTimeAsync(250))
        await act(async () => {
          for (let turn = 0; turn < 10; turn += 1) await new Promise((go) => real(go))
        })
      }
    }
    let sequence = 0
    const heard = (unreadCount: number, message?: Message, now: Partial<Shown> = {}) => {
      sequence += 1
      here = { ...here, unreadCount, updatedAt: instant(sequence), ...now }
      const told = message && { message: { ...message, conversationId: here.id } }
      const data = JSON.stringify(anAnnouncement({ conversation: here, ...told }))
      act(() => live.take({ event: 'conversation_updated', id: `e:${sequence}`, data }))
    }
    return { told: () => told, later, heard, anew: () => {
      unmount()
      show(<Conversation id={here.id} />)
    } }
  }

  test('which is told once, and again for what comes', async () => {
    const { told, later, heard } = await unread(() => 204)
    await later(10_000)
    expect(told()).toBe(1)
    heard(1, aMessage({ createdAt: instant(1) }))
    await later(10_000)
    expect(told()).toBe(2)
  })

  test('and stays unread if a colleague marks it so, until more comes or it is opened anew', async () => {
    const thread = [HELLO]
    const { told, later, heard, anew } = await unread(() => 204, Promise.resolve(thread), endsWith(HELLO))
    await later(3_000)
    expect(told()).toBe(1)
    heard(1, undefined, { seenUntil: instant(-1, 999_999) })
    await later(3_000)
    expect(told()).toBe(1)
    const next = aMessage({ content: 'Anybody?', createdAt: instant(1) })
    thread.push(next)
    heard(2, next, endsWith(next))
    await later(3_000)
    expect(told()).toBe(2)
    heard(1, undefined, { seenUntil: instant(0, 999_999) })
    await later(3_000)
    expect(told()).toBe(2)
    anew()
    await later(3_000)
    expect(told()).toBe(3)
  })

  test.each([['after the last one', 1, HELLO], ['late, before the last one', -1, HELLO]])(
    'and what comes %s is read, though the thread has it before it counts as unread',
    async (_, second, last) => {
      const { told, later, heard } = await unread(() => 204, Promise.resolve([HELLO]), endsWith(HELLO))
      await later(3_000)
      expect(told()).toBe(1)
      const next = aMessage({ content: 'Anybody?', createdAt: instant(second) })
      heard(0, next)
      await later(250)
      heard(1, undefined, { ...endsWith(second > 0 ? next : last), seenUntil: instant(second - 1, 999_999) })
      await later(3_000)
      expect(told()).toBe(2)
    },
  )

  test('but what comes late and was written before the last message is read, too', async () => {
    const reply = aMessage({ messageType: 'outgoing', content: 'On its way', createdAt: instant(5) })
    const { told, later, heard } = await unread(() => 204, Promise.resolve([HELLO, reply]), endsWith(reply))
    await later(3_000)
    expect(told()).toBe(1)
    heard(1, aMessage({ content: 'Anybody?', createdAt: instant(1) }), { seenUntil: instant(0, 999_999) })
    await later(3_000)
    expect(told()).toBe(2)
  })

  test('but told again only for what comes, when it is refused, or opened anew', async () => {
    const { told, later, heard, anew } = await unread(() => 403)
    await later(10_000)
    document.dispatchEvent(new Event('visibilitychange'))
    await later(2_000)
    expect(told()).toBe(1)
    heard(3)
    await later(10_000)
    expect(told()).toBe(2)
    // A colleague may read it meanwhile.
    heard(0)
    await later(1_000)
    heard(3, aMessage({ createdAt: instant(1) }))
    await later(10_000)
    expect(told()).toBe(3)
    anew()
    await later(10_000)
    expect(told()).toBe(4)
  })

  test('and told again once the connection is back', async () => {
    onTestFinished(() => connectionStatus.set({ state: 'connecting', heardAt: null }))
    const put = (state: 'live' | 'offline') => act(() => connectionStatus.set({ state, heardAt: null }))
    put('live')
    let answer = 503
    const { told, later } = await unread(() => answer)
    put('offline')
    await later(10_000)
    expect(told()).toBe(1)
    answer = 204
    put('live')
    await later(10_000)
    expect(told()).toBe(2)
  })

  test('but not before its messages are here, and they are told as new then', async () => {
    let answer: (messages: Message[]) => void = () => undefined
    const asked = new Promise<Message[]>((go) => (answer = go))
    const { told, later, heard } = await unread(() => 204, asked)
    await later(10_000)
    expect(told()).toBe(0)
    // A colleague reads it meanwhile.
    heard(0)
    heard(2)
    heard(0)
    answer([HELLO])
    expect(await screen.findByText('New')).toBeVisible()
    heard(1, aMessage({ createdAt: instant(1) }))
    await later(10_000)
    expect(told()).toBe(1)
  })

  test('but not by whom its last message has not reached', async () => {
    const last = aMessage({ createdAt: instant(1) })
    const { id, messageType, createdAt } = last
    const { told, later, heard } = await unread(() => 204, undefined, { lastMessage: { id, messageType, createdAt, private: false } })
    await later(10_000)
    expect(told()).toBe(0)
    heard(2, last)
    await later(10_000)
    expect(told()).toBe(1)
  })

  /** Pages of older and older messages, oldest first within each; which were asked for. */
  function pagesOf(...pages: Message[][]) {
    const asked: (string | null)[] = []
    const read = (before: string | null) => {
      asked.push(before)
      const page = pages.findIndex(([oldest]) => oldest?.id === before) + 1
      return { data: pages[page] ?? [], page: { limit: 50, hasMore: page + 1 < pages.length }, position: NOWHERE }
    }
    return { asked, read }
  }
  const changes = (from: number) =>
    Array.from({ length: 50 }, (_, index) => aMessage({ messageType: 'activity', sender: null, content: `Change ${from + index}`, createdAt: instant(from + index) }))
  const endsWith = ({ id, messageType, createdAt }: Message) => ({ lastMessage: { id, messageType, createdAt, private: false } })

  test('however much has happened since, once that is loaded by itself', async () => {
    const [first, last] = [aMessage({ content: 'Hello?', createdAt: instant(8) }), aMessage({ content: 'Anybody?', createdAt: instant(9) })]
    const { asked, read } = pagesOf(changes(60), changes(10), [first, last], [aMessage()])
    const { told, later } = await unread(() => 204, read, endsWith(last))
    await later(3_000)
    expect(asked).toHaveLength(3)
    expect(screen.getByText('Anybody?')).toBeVisible()
    const [line] = screen.getAllByText('New')
    expect(line!.compareDocumentPosition(screen.getByText('Hello?'))).toBe(Node.DOCUMENT_POSITION_FOLLOWING)
    await later(3_000)
    expect(told()).toBe(1)
  })

  test('but not while an earlier one is not shown, nor ever on and on for it', async () => {
    const last = aMessage({ content: 'Anybody?', createdAt: instant(100) })
    const { asked, read } = pagesOf([...changes(40), last], ...Array.from({ length: 20 }, () => changes(10)))
    const { told, later } = await unread(() => 204, read, endsWith(last))
    await later(20_000)
    expect(asked).toHaveLength(10)
    expect(told()).toBe(0)
  })

  /** What the customer has written, one a second. */
  const words = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => aMessage({ content: `Word ${from + index}`, createdAt: instant(from + index) }))

  test('with all of it, though the API counts ten at most', async () => {
    const pages = [words(51, 50), words(1, 50), words(-49, 50), words(-99, 50)]
    const { asked, read } = pagesOf(...pages)
    const { told, later } = await unread(() => 204, read, { ...endsWith(pages[0]!.at(-1)!), unreadCount: 10, seenUntil: instant(-10, 5) })
    await later(3_000)
    expect(asked).toHaveLength(3)
    const [line] = screen.getAllByText('New')
    expect(line!.compareDocumentPosition(screen.getByText('Word -9'))).toBe(Node.DOCUMENT_POSITION_FOLLOWING)
    expect(line!.compareDocumentPosition(screen.getByText('Word -10'))).toBe(Node.DOCUMENT_POSITION_PRECEDING)
    await later(3_000)
    expect(told()).toBe(1)
  })

  test.each([
    ['long ago', instant(-9_000)],
    ['never', null],
  ])('with as much as is counted, though agents have looked %s', async (_, seenUntil) => {
    const page = [...changes(0), ...words(51, 4)]
    const { asked, read } = pagesOf(page, ...Array.from({ length: 20 }, (_, index) => changes(-50 * (index + 1))))
    const { told, later } = await unread(() => 204, read, { ...endsWith(page.at(-1)!), unreadCount: 4, seenUntil })
    await later(3_000)
    expect(asked).toHaveLength(1)
    expect(screen.getByText('New').compareDocumentPosition(screen.getByText('Word 51'))).toBe(Node.DOCUMENT_POSITION_FOLLOWING)
    expect(told()).toBe(1)
  })

  test('but not while the conversation counts what the thread has already, and one of it is missing', async () => {
    const [first, second, third] = [1, 2, 70].map((at) => aMessage({ createdAt: instant(at) }))
    const { read } = pagesOf([second!, ...changes(3), third!], [aMessage({ createdAt: instant(-1) }), first!])
    const answer = (before: string | null) => (before === null ? read(before) : null)
    const { told, later } = await unread(() => 204, answer, { ...endsWith(second!), unreadCount: 2, seenUntil: instant(0) })
    await later(3_000)
    expect(told()).toBe(0)
  })

  test('with the whole of a thread that no agent has seen', async () => {
    const pages = [words(51, 50), words(1, 50)]
    const { asked, read } = pagesOf(...pages)
    const { told, later } = await unread(() => 204, read, { ...endsWith(pages[0]!.at(-1)!), unreadCount: 10, seenUntil: null })
    await later(3_000)
    expect(asked).toHaveLength(2)
    const [line] = screen.getAllByText('New')
    expect(line!.compareDocumentPosition(screen.getByText('Word 1'))).toBe(Node.DOCUMENT_POSITION_FOLLOWING)
    await later(3_000)
    expect(told()).toBe(1)
  })

  test('with the line before the first of it, though older messages did not come at once', async () => {
    const [first, last] = [aMessage({ content: 'Hello?', createdAt: instant(8) }), aMessage({ content: 'Anybody?', createdAt: instant(70) })]
    const { read } = pagesOf([...changes(10), last], [aMessage({ content: 'Seen', createdAt: instant(7) }), first])
    let fails = true
    const answer = (before: string | null) => (before !== null && fails ? null : read(before))
    const { told, later, heard } = await unread(() => 204, answer, { ...endsWith(last), seenUntil: instant(7) })
    await later(3_000)
    expect(screen.queryByText('New')).toBeNull()
    heard(2)
    await later(1_000)
    fails = false
    fireEvent.click(screen.getByRole('button', { name: /^Older messages did not load/ }))
    await later(3_000)
    expect(screen.getByText('New').compareDocumentPosition(screen.getByText('Hello?'))).toBe(Node.DOCUMENT_POSITION_FOLLOWING)
    expect(screen.getByText('New').compareDocumentPosition(screen.getByText('Seen'))).toBe(Node.DOCUMENT_POSITION_PRECEDING)
    expect(told()).toBe(1)
  })

  test('and told again for what comes after a refusal, though the count is as it was', async () => {
    const next = aMessage({ content: 'Anybody?', createdAt: instant(1) })
    const { told, later, heard } = await unread(() => 403, undefined, { ...endsWith(HELLO), unreadCount: 10, seenUntil: null })
    await later(3_000)
    heard(10)
    await later(3_000)
    expect(told()).toBe(1)
    heard(10, next, endsWith(next))
    await later(3_000)
    expect(told()).toBe(2)
  })

  test('and what is folded so that nothing is left to scroll is loaded on, so far, and further on request', async () => {
    const none = ResizeObserver
    onTestFinished(() => void vi.stubGlobal('ResizeObserver', none))
    // Looks at what it is to watch, as browsers do: here nothing has a height.
    vi.stubGlobal('ResizeObserver', class {
      readonly #tell: () => void
      constructor(tell: () => void) {
        this.#tell = tell
      }
      observe() {
        this.#tell()
      }
      disconnect() {
        // Nothing is ever resized.
      }
    })
    const last = aMessage({ content: 'Anybody?', createdAt: instant(100) })
    const { asked, read } = pagesOf([...changes(40), last], ...Array.from({ length: 20 }, () => changes(10)))
    const { later } = await unread(() => 204, read, { ...endsWith(last), unreadCount: 0 })
    await later(5_000)
    expect(asked).toHaveLength(10)
    fireEvent.click(screen.getByRole('button', { name: 'Older messages' }))
    await later(1_000)
    expect(asked).toHaveLength(11)
  })

  test('but who may not change it says nothing', async () => {
    mayOnly('conversations:read', 'conversations:reply')
    const { told, later } = await unread(() => 403)
    await later(10_000)
    expect(told()).toBe(0)
  })
})
