/** News for people who are looking elsewhere. */
import type { Announcement, Approval, Conversation, Message } from '../api/types.ts'

import type { Written } from './written.ts'

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

/** How much news is kept for listeners that come later. */
const MOST_UNHEARD = 100

const listeners = new Set<(news: News) => void>()
/** What was told while nobody listened, the newest last: what an earlier page left is sent before there is a screen. */
let unheard: readonly News[] = []

export function onNews(listener: (news: News) => void): () => void {
  listeners.add(listener)
  // Once all who begin to listen together do.
  queueMicrotask(() => {
    const missed = unheard
    unheard = []
    for (const news of missed) tellNews(news)
  })
  return () => listeners.delete(listener)
}

export function tellNews(news: News): void {
  if (listeners.size === 0) unheard = [...unheard, news].slice(-MOST_UNHEARD)
  for (const listener of listeners) listener(news)
}
