import { afterEach, describe, expect, test, vi } from 'vitest'

import { keeping } from '#test/keeping.ts'
import { instant, uuid } from '#test/samples.ts'
import { soon } from '#test/soon.ts'

import { Drafts } from './drafts.ts'
import type { DraftKind } from './kind.ts'

const A = uuid(901)
const B = uuid(902)

/** After so long what was read is read again. */
const later = () => vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] })

let stop: () => void = () => undefined
let drafts = new Drafts()
/** As another page of the same browser does. */
const begin = () => {
  drafts = new Drafts()
  return (stop = drafts.start())
}
const draftOf = (id: string, kind: DraftKind) => drafts.of(id, kind)
const setDraft = (id: string, kind: DraftKind, text: string) => drafts.set(id, kind, text)
const holdDraft = (id: string, kind: DraftKind) => drafts.hold(id, kind)
const releaseDraft = (id: string, kind: DraftKind) => drafts.release(id, kind)
const readDrafts = () => drafts.read()
afterEach(() => {
  stop()
  vi.useRealTimers()
})

test('what is typed is kept by the API, each kind its own, and what is emptied is thrown away', async () => {
  const api = keeping()
  begin()
  setDraft(A, 'reply', 'to the customer')
  setDraft(A, 'note', 'to the team')
  releaseDraft(A, 'reply')
  releaseDraft(A, 'note')
  await soon(() => expect([...api.kept.values()].map((one) => one.content)).toEqual(['to the customer', 'to the team']))
  setDraft(A, 'reply', '')
  await soon(() => expect([...api.kept.values()].map((one) => one.content)).toEqual(['to the team']))
})

test('those that do not fit on a page are on the next one', async () => {
  keeping(Array.from({ length: 101 }, (_, index) => ({ conversationId: uuid(2_000 + index), content: `draft ${index}` })))
  begin()
  await soon(() => expect([0, 100].map((index) => draftOf(uuid(2_000 + index), 'reply'))).toEqual(['draft 0', 'draft 100']))
})

test.each(['/', '\uff0f', ' /\n'])('a slash that opened canned responses, and nothing else, is no draft: %j', async (slash) => {
  const api = keeping()
  begin()
  setDraft(A, 'reply', slash)
  releaseDraft(A, 'reply')
  setDraft(B, 'reply', 'another')
  releaseDraft(B, 'reply')
  await soon(() => expect(api.kept.size).toBe(1))
  expect([...api.kept.values()]).toMatchObject([{ conversationId: B }])
  expect(drafts.hasBegun(A)).toBe(false)
  // The field keeps it as long as it is there, for whoever comes back to choose one.
  later()
  await readDrafts()
  expect(draftOf(A, 'reply')).toBe(slash)
  drafts.leave(A)
  expect(draftOf(A, 'reply')).toBe('')
  // Nor is it there for another page.
  setDraft(A, 'reply', slash)
  stop()
  begin()
  expect(draftOf(A, 'reply')).toBe('')
  expect(draftOf(B, 'reply')).toBe('another')
})

test('a text of which only the slash is left is thrown away', async () => {
  const api = keeping([{ content: 'begun' }])
  begin()
  await soon(() => expect(draftOf(A, 'reply')).toBe('begun'))
  setDraft(A, 'reply', '/')
  releaseDraft(A, 'reply')
  await soon(() => expect(api.kept.size).toBe(0))
})

test('many words are few requests', async () => {
  const api = keeping()
  begin()
  for (const text of ['H', 'He', 'Hel', 'Hell', 'Hello']) setDraft(A, 'reply', text)
  await soon(() => expect([...api.kept.values()].map((one) => one.content)).toEqual(['Hello']))
  expect(api.puts).toBe(1)
})

test('another browser shows what was begun in the first', async () => {
  keeping([{ content: 'begun elsewhere' }, { conversationId: B, content: 'a note', private: true }])
  begin()
  await soon(() => expect(draftOf(A, 'reply')).toBe('begun elsewhere'))
  expect(draftOf(B, 'note')).toBe('a note')
  expect(draftOf(B, 'reply')).toBe('')
})

test('a late answer takes the place of nothing that was typed since', async () => {
  const api = keeping([{ content: 'old' }, { conversationId: B, content: 'other' }])
  begin()
  await soon(() => expect(draftOf(A, 'reply')).toBe('old'))
  let answer: () => void = () => undefined
  api.answers = () => new Promise((resolve) => (answer = resolve))
  later()
  window.dispatchEvent(new Event('focus'))
  await soon(() => expect(api.lists).toBe(2))
  setDraft(A, 'reply', 'new')
  // Even once the API has it: the answer on its way does not.
  releaseDraft(A, 'reply')
  await soon(() => expect(api.kept.get(`${A} false`)?.content).toBe('new'))
  api.kept.get(`${B} false`)!.content = 'yet another'
  answer()
  await soon(() => expect(draftOf(B, 'reply')).toBe('yet another'))
  expect(draftOf(A, 'reply')).toBe('new')
})

test('a late answer does not bring back what was sent meanwhile', async () => {
  const api = keeping([{ content: 'sent by now' }])
  begin()
  await soon(() => expect(draftOf(A, 'reply')).toBe('sent by now'))
  stop()
  let answer: () => void = () => undefined
  api.answers = () => new Promise((resolve) => (answer = resolve))
  begin()
  await soon(() => expect(api.lists).toBe(2))
  setDraft(A, 'reply', '')
  await soon(() => expect(api.kept.size).toBe(0))
  api.answers = () => Promise.resolve()
  api.kept.set('sign', { conversationId: B, content: 'sign', private: false, updatedAt: instant(0) })
  answer()
  await soon(() => expect(api.lists).toBe(2))
  await new Promise((resolve) => setTimeout(resolve))
  expect(draftOf(A, 'reply')).toBe('')
})

test('offline it stays here, outlives the page, and goes to the API later', async () => {
  const api = keeping()
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  begin()
  setDraft(A, 'reply', 'on a train')
  releaseDraft(A, 'reply')
  stop()
  // Another page, which finds what this one left.
  begin()
  expect(draftOf(A, 'reply')).toBe('on a train')
  expect(api.puts).toBe(0)
  online.mockReturnValue(true)
  window.dispatchEvent(new Event('online'))
  await soon(() => expect(api.kept.get(`${A} false`)?.content).toBe('on a train'))
})

/** Whether each request that keeps a draft outlives its page. */
function lives(): boolean[] {
  const lasting: boolean[] = []
  const there = globalThis.fetch
  vi.spyOn(globalThis, 'fetch').mockImplementation((asked, init) => {
    if (asked instanceof Request && asked.method === 'PUT') lasting.push(asked.keepalive)
    return there(asked, init)
  })
  return lasting
}

test('the last words before a page goes are on their way when it is gone', async () => {
  const { kept } = keeping()
  const lasting = lives()
  begin()
  setDraft(A, 'reply', 'Dear Paula')
  // The page is still seen then.
  expect(document.visibilityState).toBe('visible')
  window.dispatchEvent(new Event('pagehide'))
  await soon(() => expect([...kept.values()]).toMatchObject([{ content: 'Dear Paula' }]))
  expect(lasting).toEqual([true])
  vi.restoreAllMocks()
})

test('what is sent on while nobody sees the page outlives it', async () => {
  const { kept } = keeping()
  const lasting = lives()
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
  begin()
  setDraft(A, 'reply', 'Dear Paula')
  releaseDraft(A, 'reply')
  await soon(() => expect([...kept.values()]).toMatchObject([{ content: 'Dear Paula' }]))
  expect(lasting).toEqual([true])
  vi.restoreAllMocks()
})

test('what the API could not keep is tried again', async () => {
  const api = keeping()
  api.broken = true
  begin()
  setDraft(A, 'reply', 'Hello')
  releaseDraft(A, 'reply')
  await soon(() => expect(api.puts).toBe(1))
  api.broken = false
  await soon(() => expect(api.kept.get(`${A} false`)?.content).toBe('Hello'))
})

test('what the API does not have yet is not replaced by what it has', async () => {
  const api = keeping([{ content: 'older' }, { conversationId: B, content: 'other' }])
  api.broken = true
  begin()
  await soon(() => expect(draftOf(A, 'reply')).toBe('older'))
  setDraft(A, 'reply', 'newer')
  releaseDraft(A, 'reply')
  await soon(() => expect(api.puts).toBe(1))
  api.kept.delete(`${B} false`)
  later()
  await readDrafts()
  expect(draftOf(B, 'reply')).toBe('')
  expect(draftOf(A, 'reply')).toBe('newer')
})

test('what was sent in another browser goes here too, but not from under the hands of whoever writes', async () => {
  const api = keeping([{ content: 'one' }, { conversationId: B, content: 'two' }])
  begin()
  await soon(() => expect(draftOf(B, 'reply')).toBe('two'))
  holdDraft(B, 'reply')
  holdDraft(A, 'reply')
  setDraft(A, 'reply', 'one more')
  await soon(() => expect(api.kept.get(`${A} false`)?.content).toBe('one more'))
  api.kept.clear()
  later()
  await readDrafts()
  expect(draftOf(A, 'reply')).toBe('one more')
  expect(draftOf(B, 'reply')).toBe('')
})

test.each([
  ['window', () => window.dispatchEvent(new Event('focus'))],
  ['field', () => holdDraft(A, 'reply')],
])('whoever comes back to a %s goes on with what they wrote elsewhere meanwhile', async (_, comeBack) => {
  const api = keeping([{ content: 'Dear' }])
  begin()
  await soon(() => expect(draftOf(A, 'reply')).toBe('Dear'))
  api.kept.get(`${A} false`)!.content = 'Dear Paula, written elsewhere'
  later()
  comeBack()
  await soon(() => expect(draftOf(A, 'reply')).toBe('Dear Paula, written elsewhere'))
})

test('of what was written here and elsewhere at once nothing is lost, and nothing moves under the hands', async () => {
  const api = keeping([{ content: 'Dear' }])
  begin()
  await soon(() => expect(draftOf(A, 'reply')).toBe('Dear'))
  api.kept.get(`${A} false`)!.content = 'Dear Paula, written elsewhere'
  later()
  holdDraft(A, 'reply')
  setDraft(A, 'reply', 'Dear Paula, written here')
  await soon(() => expect(api.kept.get(`${A} false`)?.content).toBe('Dear Paula, written here'))
  expect(api.lists).toBe(2)
  expect(draftOf(A, 'reply')).toBe('Dear Paula, written here')
  releaseDraft(A, 'reply')
  const all = 'Dear Paula, written elsewhere\n\nDear Paula, written here'
  expect(draftOf(A, 'reply')).toBe(all)
  await soon(() => expect(api.kept.get(`${A} false`)?.content).toBe(all))
})

test('nor is what was typed before it was known what there is', async () => {
  const api = keeping([{ content: 'begun elsewhere' }])
  let answer: () => void = () => undefined
  api.answers = () => new Promise((resolve) => (answer = resolve))
  begin()
  await soon(() => expect(api.lists).toBe(1))
  setDraft(A, 'reply', 'begun here')
  answer()
  await soon(() => expect(draftOf(A, 'reply')).toBe('begun elsewhere\n\nbegun here'))
})

test('what was typed offline is not put beside what it was made of, on another page neither', async () => {
  const api = keeping([{ content: 'Dear' }])
  begin()
  await soon(() => expect(draftOf(A, 'reply')).toBe('Dear'))
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  setDraft(A, 'reply', 'To whom it may concern')
  stop()
  begin()
  later()
  await readDrafts()
  expect(draftOf(A, 'reply')).toBe('To whom it may concern')
  online.mockReturnValue(true)
  window.dispatchEvent(new Event('online'))
  await soon(() => expect(api.kept.get(`${A} false`)?.content).toBe('To whom it may concern'))
})

describe('another tab', () => {
  /** It puts this there, or takes away what is. */
  const tab = (draft: { text: string; kept: boolean } | null, key = `${A}.reply`) =>
    window.dispatchEvent(
      new StorageEvent('storage', { key: `axis.draft.dev-admin.${key}`, newValue: draft && JSON.stringify(draft) }),
    )

  test('shows what is typed in this one, and sends it on', async () => {
    const api = keeping()
    begin()
    tab({ text: 'Dear', kept: false })
    expect(draftOf(A, 'reply')).toBe('Dear')
    tab({ text: 'a note', kept: true }, `${A}.note`)
    expect(draftOf(A, 'note')).toBe('a note')
    document.dispatchEvent(new Event('visibilitychange'))
    window.dispatchEvent(new Event('pagehide'))
    await readDrafts()
    expect(draftOf(A, 'reply')).toBe('Dear')
    expect(api.puts).toBe(0)
    tab(null)
    expect(draftOf(A, 'reply')).toBe('')
  })

  test('goes on with what was begun in this one', async () => {
    const api = keeping()
    begin()
    setDraft(A, 'reply', 'Dear')
    tab({ text: 'Dear Paula', kept: false })
    expect(draftOf(A, 'reply')).toBe('Dear Paula')
    setDraft(A, 'reply', 'Dear Paula, hello')
    releaseDraft(A, 'reply')
    await soon(() => expect(api.kept.get(`${A} false`)?.content).toBe('Dear Paula, hello'))
    expect(api.puts).toBe(1)
  })

  test('takes nothing from under the hands of whoever writes in this one, nor loses its own', () => {
    keeping()
    begin()
    holdDraft(A, 'reply')
    setDraft(A, 'reply', 'written here')
    tab({ text: 'written there', kept: false })
    expect(draftOf(A, 'reply')).toBe('written here')
    tab(null)
    expect(draftOf(A, 'reply')).toBe('written here')
    releaseDraft(A, 'reply')
    expect(draftOf(A, 'reply')).toBe('written there\n\nwritten here')
  })
})
