/** A mail as its writer laid it out. */
import type { Message } from '#api/types.ts'

export interface Mail {
  readonly subject: string | null
  /** Foreign and unsafe. */
  readonly html: string
}

type Facts = Record<string, unknown>

function within(facts: unknown, name: string): unknown {
  return typeof facts === 'object' && facts !== null ? (facts as Facts)[name] : undefined
}

/** Chatwoot's `content_attributes.email`; null for what is no mail, or has no layout. */
export function mailOf({ contentType, contentAttributes }: Message): Mail | null {
  if (contentType !== 'incoming_email') return null
  const email = within(contentAttributes, 'email')
  const html = within(within(email, 'html_content'), 'full')
  const subject = within(email, 'subject')
  if (typeof html !== 'string' || html.trim() === '') return null
  return { html, subject: typeof subject === 'string' && subject !== '' ? subject : null }
}
