/** What is known, and may lack something. */
import { describe, expect, test, vi } from 'vitest'

import { Failure } from '../api/failure.ts'
import type { Announcement } from '../api/types.ts'
import { at, threadWith } from '../test/caches.ts'
import { aConversation, aMessage, anAnnouncement, anApproval, uuid } from '../test/samples.ts'
import { soon } from '../test/soon.ts'

import { keys } from './keys.ts'

const never = () => new Promise<never>(() => undefined)

describe('what may lack something', () => {
  test('is in doubt until it is read again, whatever is heard of it', () => {
    const { cache, ids, inDoubt } = threadWith()
    const [heard, answered] = [aMessage(), aMessage()]
    cache.reset({ epoch: 'x', sequence: 9 })
    cache.announce({ epoch: 'x', sequence: 10 }, anAnnouncement({ message: heard }))
    cache.accept(answered)
    expect(ids().toSorted()).toEqual([heard.id, answered.id].toSorted())
    expect(inDoubt()).toBe(true)
  })

  test('is in doubt when its reading is cut short, too', () => {
    const { cache, look, inDoubt } = threadWith()
    const { stop } = look(never)
    cache.doubt()
    cache.announce(at(1), anAnnouncement({ message: aMessage() }))
    stop()
    expect(inDoubt()).toBe(true)
  })

  test('is read again as long as somebody looks at it and that fails', async () => {
    vi.useFakeTimers()
    const { cache, page, look, inDoubt } = threadWith()
    let asked = 0
    const { stop } = look(() => (++asked < 4 ? Promise.reject(new Error('busy')) : Promise.resolve(page())))
    cache.doubt()
    await vi.advanceTimersByTimeAsync(100)
    expect(asked).toBe(1)
    cache.announce(at(1), anAnnouncement({ message: aMessage() }))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toBe(4)
    expect(inDoubt()).toBe(false)
    stop()
    vi.useRealTimers()
  })

  test('is left as it is if it cannot be read at all, or nobody looks', async () => {
    vi.useFakeTimers()
    const { cache, look, inDoubt } = threadWith()
    let asked = 0
    const failing = (failure: Error) => () => {
      asked += 1
      return Promise.reject(failure)
    }
    const gone = look(failing(new Failure(404, {})))
    cache.doubt()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toBe(1)
    gone.stop()
    const busy = look(failing(new Failure(503, {})))
    await vi.advanceTimersByTimeAsync(100)
    busy.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toBe(2)
    expect(inDoubt()).toBe(true)
    vi.useRealTimers()
  })

  test('is read as a whole: a further page alone is not enough', async () => {
    const { cache, page, look, inDoubt } = threadWith()
    let asked = 0
    const { observer, stop } = look(() => (++asked === 1 ? never() : Promise.resolve(page(asked === 3))))
    cache.doubt()
    // This takes the place of what is being read.
    await observer.fetchNextPage()
    await soon(() => expect(inDoubt()).toBe(false))
    expect(asked).toBeGreaterThan(2)
    stop()
  })
})

describe('what is told without its rows', () => {
  const row = aConversation({ id: uuid(1) })

  function told(given: Partial<Announcement>) {
    const { client, cache } = threadWith()
    client.setQueryData(keys.conversation(row.id), row)
    client.setQueryData(keys.conversation(uuid(2)), aConversation({ id: uuid(2) }))
    cache.announce(at(1), anAnnouncement({ conversationId: row.id, ...given }))
    const asked = [keys.messages(row.id), keys.conversation(row.id), keys.conversations({}), keys.conversation(uuid(2))]
    return asked.map((queryKey) => client.getQueryState(queryKey)?.isInvalidated)
  }

  test('is asked for: the conversation, its messages, and the lists', () => {
    for (const type of ['message_state_changed', 'message_created', 'conversation_status_changed', 'command_failed', 'approval_submitted']) {
      expect(told({ type })).toEqual([true, true, true, false])
    }
  })

  test('is asked for as far as it was left out', () => {
    const message = aMessage({ conversationId: row.id })
    expect(told({ type: 'message_created', message, omitted: ['conversation'] })).toEqual([false, true, true, false])
    expect(told({ type: 'message_created', conversation: row, omitted: ['message'] })).toEqual([true, false, false, false])
    expect(told({ type: 'message_created', omitted: ['message', 'conversation'] })).toEqual([true, true, true, false])
    expect(told({ type: 'approval_submitted', conversation: row, omitted: ['approval'] })).toEqual([false, false, false, false])
    expect(told({ type: 'approval_submitted', omitted: ['approval', 'conversation'] })).toEqual([false, true, true, false])
  })

  test('is not asked for if it came, or is nothing that a conversation shows', () => {
    const message = aMessage({ conversationId: row.id })
    for (const given of [
      { type: 'message_state_changed', message },
      { type: 'message_cancelled', conversation: row },
      { type: 'approval_submitted', conversation: row, approval: anApproval({ conversationId: row.id }) },
      { type: 'widget_opened' },
    ]) {
      expect(told(given)).toEqual([false, false, false, false])
    }
  })

  test('is asked for at most every few seconds, and again by an answer from before', async () => {
    vi.useFakeTimers()
    const { cache, page, look, inDoubt } = threadWith()
    let asked = 0
    const { stop } = look(() => {
      asked += 1
      return Promise.resolve({ ...page(), position: { activity: `e:${asked < 2 ? 3 : 30}` } })
    })
    for (let sequence = 1; sequence < 9; sequence++) {
      cache.announce(at(sequence), anAnnouncement({ type: 'message_state_changed', conversationId: uuid(1) }))
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(asked).toBe(1)
    await vi.advanceTimersByTimeAsync(60_000)
    // What the answer knew already is not asked for.
    cache.announce(at(9), anAnnouncement({ type: 'message_state_changed', conversationId: uuid(1) }))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toBe(2)
    expect(inDoubt()).toBe(false)
    stop()
    vi.useRealTimers()
  })
})
