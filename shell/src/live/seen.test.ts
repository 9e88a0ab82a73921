/** What a reply is sent into: what its writer has seen. */
import { describe, expect, test } from 'vitest'

import { tagOf } from '../api/tag.ts'
import type { Conversation, Message } from '../api/types.ts'
import { at, threadWith } from '../test/caches.ts'
import { aConversation, aMessage, anAnnouncement, instant, uuid } from '../test/samples.ts'
import { soon } from '../test/soon.ts'

import type { Cache } from './cache.ts'

describe('what somebody has before them', () => {
  const seen = aMessage({ createdAt: instant(1) })
  const preview = ({ id, messageType, private: isPrivate, content, createdAt }: Message) => ({ id, messageType, private: isPrivate, content: content ?? null, createdAt })
  const row = (last: Message, second: number) => aConversation({ id: uuid(1), lastMessage: preview(last), updatedAt: instant(second) })
  /** An answer to a change of the conversation. */
  const answered = (cache: Cache, conversation: Conversation) => {
    const wish = { conversationId: conversation.id, over: (one: Conversation) => one }
    cache.wish(wish)
    cache.settle(wish, conversation)
  }

  test('is not what an answer knows and the thread does not have yet', () => {
    const { cache } = threadWith([seen])
    answered(cache, row(seen, 1))
    expect(cache.seen(uuid(1))).toEqual({ tag: tagOf(instant(1)), messages: [seen.id] })
    const unheard = aMessage({ createdAt: instant(2) })
    answered(cache, row(unheard, 2))
    expect(cache.seen(uuid(1))).toEqual({ tag: '"0"', messages: [seen.id] })
    cache.announce(at(1), anAnnouncement({ message: unheard }))
    expect(cache.seen(uuid(1))).toEqual({ tag: tagOf(instant(2)), messages: [seen.id, unheard.id] })
  })

  test('is not what came before their own note, which its answer brought', () => {
    const { cache } = threadWith([seen])
    const note = aMessage({ createdAt: instant(3), messageType: 'outgoing', private: true })
    cache.accept(note)
    answered(cache, row(note, 3))
    expect(cache.seen(uuid(1))?.tag).toBe('"0"')
    cache.announce(at(1), anAnnouncement({ message: aMessage({ createdAt: instant(2) }) }))
    cache.announce(at(2), anAnnouncement({ message: note, conversation: row(note, 3) }))
    expect(cache.seen(uuid(1))?.tag).toBe(tagOf(instant(3)))
  })

  test('is what was read again, their own note with it', async () => {
    const note = aMessage({ createdAt: instant(3), messageType: 'outgoing', private: true })
    const { cache, page, look, inDoubt } = threadWith([seen])
    cache.accept(note)
    answered(cache, row(note, 3))
    const { stop } = look(() => Promise.resolve({ ...page(), data: [seen, note] }))
    cache.doubt()
    await soon(() => expect(inDoubt()).toBe(false))
    expect(cache.seen(uuid(1))?.tag).toBe(tagOf(instant(3)))
    stop()
  })
})
