/** Drafts that the API did not get at once, and what was written elsewhere meanwhile. */
import { afterEach, expect, test, vi } from 'vitest'

import { keeping } from '#test/keeping.ts'
import { uuid } from '#test/samples.ts'
import { soon } from '#test/soon.ts'

import { Drafts } from './drafts.ts'

const A = uuid(901)
const THERE = `${A} false`

let stop: () => void = () => undefined
const begin = () => {
  const drafts = new Drafts()
  stop = drafts.start()
  return drafts
}
afterEach(() => {
  stop()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('what could not be sent takes the place of nothing that was written elsewhere before it could', async () => {
  const api = keeping([{ content: 'Dear' }])
  const drafts = begin()
  await soon(() => expect(drafts.of(A, 'reply')).toBe('Dear'))
  api.broken = true
  drafts.set(A, 'reply', 'written here')
  drafts.release(A, 'reply')
  await soon(() => expect(api.puts).toBe(1))
  api.kept.get(THERE)!.content = 'written elsewhere'
  api.broken = false
  await soon(() => expect(api.kept.get(THERE)?.content).toBe('written elsewhere\n\nwritten here'))
  expect(drafts.of(A, 'reply')).toBe('written elsewhere\n\nwritten here')
})

test('nor does what was typed offline, or what an earlier page left', async () => {
  const api = keeping([{ content: 'Dear' }])
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(true)
  const first = begin()
  await soon(() => expect(first.of(A, 'reply')).toBe('Dear'))
  online.mockReturnValue(false)
  first.set(A, 'reply', 'on a train')
  first.release(A, 'reply')
  api.kept.get(THERE)!.content = 'at a desk'
  online.mockReturnValue(true)
  window.dispatchEvent(new Event('online'))
  await soon(() => expect(api.kept.get(THERE)?.content).toBe('at a desk\n\non a train'))

  online.mockReturnValue(false)
  first.set(A, 'reply', 'on a train again')
  stop()
  api.kept.get(THERE)!.content = 'at another desk'
  online.mockReturnValue(true)
  begin()
  await soon(() => expect(api.kept.get(THERE)?.content).toBe('at another desk\n\non a train again'))
})

test.each([
  ['what was sent meanwhile', ''],
  ['what was edited meanwhile', 'Dear Paul, hello'],
])('a text that the API got without being able to say so does not come back on the next page: %s', async (_, last) => {
  const api = keeping()
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(true)
  const first = begin()
  await soon(() => expect(api.lists).toBe(1))
  api.lost = true
  first.set(A, 'reply', 'Dear Paula, hello')
  first.release(A, 'reply')
  await soon(() => expect(api.kept.get(THERE)?.content).toBe('Dear Paula, hello'))
  online.mockReturnValue(false)
  first.set(A, 'reply', last)
  stop()
  api.lost = false
  online.mockReturnValue(true)
  const next = begin()
  await soon(() => expect(api.kept.get(THERE)?.content ?? '').toBe(last))
  expect(next.of(A, 'reply')).toBe(last)
})

test('nor does what another tab was writing on, once that is gone', async () => {
  const api = keeping()
  const drafts = begin()
  await soon(() => expect(api.lists).toBe(1))
  api.kept.set(THERE, { conversationId: A, content: 'Dear Paula, he', private: false, updatedAt: '' })
  vi.useFakeTimers({ now: Date.now(), toFake: ['setTimeout', 'clearTimeout'] })
  const newValue = JSON.stringify({ text: 'Dear Paul', kept: false, base: 'Dear', known: ['Dear Paula, he'] })
  window.dispatchEvent(new StorageEvent('storage', { key: `axis.draft.dev-admin.${A}.reply`, newValue }))
  vi.advanceTimersByTime(60_000)
  vi.useRealTimers()
  await soon(() => expect(api.kept.get(THERE)?.content).toBe('Dear Paul'))
  expect(drafts.of(A, 'reply')).toBe('Dear Paul')
})

test('what is not known to have changed elsewhere is sent though that cannot be asked at first', async () => {
  const api = keeping()
  const drafts = begin()
  await soon(() => expect(api.lists).toBe(1))
  api.broken = true
  drafts.set(A, 'reply', 'Hello')
  drafts.release(A, 'reply')
  await soon(() => expect(api.puts).toBe(1))
  api.answers = () => Promise.reject(new Error('busy'))
  api.broken = false
  await soon(() => expect(api.lists).toBeGreaterThan(1))
  expect(api.puts).toBe(1)
  api.answers = () => Promise.resolve()
  await soon(() => expect(api.kept.get(THERE)?.content).toBe('Hello'))
})

test('what another tab has and never sends is sent by this one, once that seems to be gone', async () => {
  const api = keeping([{ content: 'Dear' }])
  const drafts = begin()
  await soon(() => expect(drafts.of(A, 'reply')).toBe('Dear'))
  vi.useFakeTimers({ now: Date.now(), toFake: ['setTimeout', 'clearTimeout'] })
  const newValue = JSON.stringify({ text: 'Dear Paula', kept: false, base: 'Dear' })
  window.dispatchEvent(new StorageEvent('storage', { key: `axis.draft.dev-admin.${A}.reply`, newValue }))
  // It waits that long between two tries.
  vi.advanceTimersByTime(30_000)
  expect(api.lists).toBe(1)
  vi.advanceTimersByTime(30_000)
  vi.useRealTimers()
  await soon(() => expect(api.kept.get(THERE)?.content).toBe('Dear Paula'))
  expect(api.puts).toBe(1)
  // From then on it is this tab's own.
  api.kept.clear()
  await soon(async () => {
    await drafts.read(0)
    expect(drafts.of(A, 'reply')).toBe('')
  })
  expect(api.puts).toBe(1)
})

test('of many drafts, none goes because it was written on while they were read', async () => {
  const many = Array.from({ length: 102 }, (_, index) => ({ conversationId: uuid(2_001 + index), content: `draft ${index + 1}` }))
  const api = keeping(many)
  const drafts = begin()
  const last = uuid(2_102)
  await soon(() => expect(drafts.of(last, 'reply')).toBe('draft 102'))
  const shown: string[] = []
  drafts.all.subscribe(() => shown.push(drafts.of(uuid(2_101), 'reply')))
  // The first page was read by then; what was first on the second is first of all now.
  api.answers = () => {
    const moved = `${uuid(2_101)} false`
    const all = [...api.kept].sort(([one], [other]) => Number(other === moved) - Number(one === moved))
    api.kept.clear()
    for (const [key, draft] of all) api.kept.set(key, draft)
    return Promise.resolve()
  }
  await drafts.read(0)
  api.answers = () => Promise.resolve()
  expect(drafts.of(uuid(2_101), 'reply')).toBe('draft 101')
  api.kept.delete(`${last} false`)
  api.kept.set('new', { conversationId: A, content: 'new', private: false, updatedAt: '' })
  await drafts.read(0)
  await drafts.read(0)
  expect(drafts.of(last, 'reply')).toBe('')
  expect(drafts.of(A, 'reply')).toBe('new')
  expect(shown).not.toContain('')
})
