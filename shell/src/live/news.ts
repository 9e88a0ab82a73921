/** Things that people are told of while they look elsewhere. */
import type { Conversation, Message } from '../api/types.ts'

export type News =
  | { readonly kind: 'message'; readonly conversation: Conversation; readonly message: Message }
  | { readonly kind: 'not-sent'; readonly conversation: Conversation; readonly message: Message }

const listeners = new Set<(news: News) => void>()

export function onNews(listener: (news: News) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function tellNews(news: News): void {
  for (const listener of listeners) listener(news)
}
