import { QueryClient } from '@tanstack/react-query'
import { expect, onTestFinished, test } from 'vitest'

import type { Message } from '../api/types.ts'
import { aConversation, aMessage, anAnnouncement } from '../test/samples.ts'

import { Live } from './live.ts'
import { type News, onNews } from './news.ts'

test('that a reply failed is news to whoever wrote it alone', () => {
  const told: News[] = []
  onTestFinished(onNews((news) => told.push(news)))
  const live = new Live(new QueryClient())
  const conversation = aConversation()
  live.take({ event: 'ready', id: 'e:0', data: '{}' })
  const fails = (sequence: number, author: NonNullable<Message['author']>, type = 'message_state_changed') => {
    const message = aMessage({ conversationId: conversation.id, messageType: 'outgoing', state: 'failed', author })
    const data = JSON.stringify(anAnnouncement({ type, conversation, message }))
    live.take({ event: type, id: `e:${sequence}`, data })
    return message.id
  }
  fails(1, { type: 'member', id: 'ana', name: 'Ana Beispiel' })
  const own = fails(2, { type: 'member', id: 'dev-admin', name: 'Dev Admin' })
  fails(3, { type: 'member', id: 'dev-admin', name: 'Dev Admin' }, 'conversation_refreshed')
  expect(told).toMatchObject([{ kind: 'not-sent', message: { id: own } }])
})
