/** News for people who are looking elsewhere. */
import type { Announcement, Approval, Conversation, Message } from '../api/types.ts'

import type { Written } from './written.ts'

export type News =
  | { readonly kind: 'message'; readonly conversation: Conversation; readonly message: Message }
  | { readonly kind: 'not-sent'; readonly conversation: Conversation; readonly message: Message }
  /** A message of which that was told is tried again, sent or gone. */
  | { readonly kind: 'settled'; readonly messageId: string }
  /** A message written here did not reach the API, and waits for somebody to act. */
  | { readonly kind: 'held-up'; readonly written: Written }
  /** A message written here has reached the API. */
  | { readonly kind: 'sent'; readonly written: Written }
  /** Somebody has asked for approval, or decided. */
  | { readonly kind: 'approval'; readonly type: string; readonly approval: Approval }
  /** Chatwoot refused a change that this person made, and it was undone. */
  | { readonly kind: 'undone'; readonly announcement: Announcement }

/** How much news is kept until there is a listener. */
const MOST_UNHEARD = 100

const listeners = new Set<(news: News) => void>()
/**
 * News from before there was a listener, the newest last: messages that an earlier page left are sent before there is a
 * screen.
 */
let unheard: readonly News[] = []

export function onNews(listener: (news: News) => void): () => void {
  listeners.add(listener)
  // All listeners that are added together get it.
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
