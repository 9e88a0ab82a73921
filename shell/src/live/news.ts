/** Things that people are told of while they look elsewhere. */
import type { Announcement, Approval, Conversation, Message } from '../api/types.ts'

import type { Written } from './outbox.ts'

export type News =
  | { readonly kind: 'message'; readonly conversation: Conversation; readonly message: Message }
  | { readonly kind: 'not-sent'; readonly conversation: Conversation; readonly message: Message }
  /** What was written here is not with the API, and waits for somebody to act. */
  | { readonly kind: 'held-up'; readonly written: Written }
  /** What was written here is with the API. */
  | { readonly kind: 'sent'; readonly written: Written }
  /** Somebody has asked for approval, or decided. */
  | { readonly kind: 'approval'; readonly type: string; readonly approval: Approval }
  /** Chatwoot refused what this person had asked for, and it shows as before. */
  | { readonly kind: 'undone'; readonly announcement: Announcement }

const listeners = new Set<(news: News) => void>()

export function onNews(listener: (news: News) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function tellNews(news: News): void {
  for (const listener of listeners) listener(news)
}
