/** Variables in texts, as Chatwoot writes them: `{{contact.name}}`, `{{agent.email | default: 'us'}}`. */
import type { Agent, Contact, Conversation } from '#api/types.ts'

export type Values = ReadonlyMap<string, string>

export interface Sources {
  readonly conversation: Conversation
  /** The whole contact; the conversation only has the name. */
  readonly contact: Contact | undefined
  readonly agent: Pick<Agent, 'name' | 'availableName' | 'email'>
  readonly inboxName: string | null | undefined
}

const VARIABLE = /\{\{\s*([\w.-]+)\s*(?:\|\s*default:\s*(["'])(.*?)\2\s*)?\}\}/g
const ANYTHING = /\{\{[^{}]*\}\}/g
/** Where a value, or a value and the text around it, could begin a variable or a tag. */
const BEGINS = /^(?=[{%])|(?<=\{)(?=[{%]|$)/g
const WORD_JOINER = '\u2060'

/**
 * The known values. Customers choose some of them, such as their names, so no value can become a variable or a tag:
 * neither here, where texts are filled again before they are sent, nor in Chatwoot, which fills in messages too.
 */
export function valuesOf({ conversation, contact, agent, inboxName }: Sources): Values {
  const values = new Map<string, string>()
  const put = (name: string, value: unknown) => {
    if (typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.trim() !== '')) {
      values.set(name, String(value).replace(BEGINS, WORD_JOINER))
    }
  }
  const person = (of: string, name: string | null | undefined) => {
    const words = name?.trim().split(/\s+/).filter(Boolean) ?? []
    put(`${of}.name`, name)
    put(`${of}.first_name`, words[0])
    if (words.length > 1) put(`${of}.last_name`, words.at(-1))
  }
  person('contact', contact?.name ?? conversation.contact?.name)
  put('contact.id', contact?.chatwootId)
  put('contact.email', contact?.email)
  put('contact.phone', contact?.phoneNumber)
  put('contact.phone_number', contact?.phoneNumber)
  person('agent', agent.name)
  put('agent.available_name', agent.availableName ?? agent.name)
  put('agent.email', agent.email)
  put('conversation.id', conversation.chatwootId)
  put('conversation.display_id', conversation.chatwootId)
  put('inbox.id', conversation.inboxId)
  put('inbox.name', inboxName)
  for (const [name, value] of Object.entries(contact?.customAttributes ?? {})) put(`contact.custom_attribute.${name}`, value)
  for (const [name, value] of Object.entries(conversation.customAttributes)) {
    put(`conversation.custom_attribute.${name}`, value)
  }
  return values
}

/**
 * Fills in known values. Other variables stay as they are written, and their defaults are not used while more is being
 * loaded.
 */
export function fill(text: string, values: Values, asking = false): string {
  return text.replace(
    VARIABLE,
    (whole, name: string, _quote, otherwise?: string) => values.get(name) ?? (asking ? undefined : otherwise) ?? whole,
  )
}

/** The variables left in a text, which must not be sent. */
export function leftIn(text: string): string[] {
  return [...new Set(text.match(ANYTHING))]
}
