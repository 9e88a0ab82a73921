import type { About } from '../api/types.ts'

interface WhomProps {
  about: About
  /** Leaves the name out, where it is there already. */
  unnamed?: boolean
}

/** Whom something concerns: the customer's name and the conversation's number, as far as they are known. */
export function Whom({ about: { contact, chatwootConversationId }, unnamed = false }: WhomProps) {
  const number = chatwootConversationId != null && `#${chatwootConversationId}`
  if (unnamed || !contact?.name) return number
  return (
    <>
      <bdi>{contact.name}</bdi>
      {number && ` ${number}`}
    </>
  )
}
