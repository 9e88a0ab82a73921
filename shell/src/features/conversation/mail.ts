/** A mail with its layout. */
import type { Message } from '#api/types.ts'

export interface Mail {
  readonly subject: string | null
  /** From a stranger: not safe to show as it is. */
  readonly html: string
}

type Facts = Record<string, unknown>

function within(facts: unknown, name: string): unknown {
  return typeof facts === 'object' && facts !== null ? (facts as Facts)[name] : undefined
}

/** Reads Chatwoot's `content_attributes.email`. Returns null for other messages, and for mails without a layout. */
export function mailOf({ contentType, contentAttributes }: Message): Mail | null {
  if (contentType !== 'incoming_email') return null
  const email = within(contentAttributes, 'email')
  const html = within(within(email, 'html_content'), 'full')
  const subject = within(email, 'subject')
  if (typeof html !== 'string' || html.trim() === '') return null
  return { html, subject: typeof subject === 'string' && subject !== '' ? subject : null }
}
