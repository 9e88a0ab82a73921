import { answerOf, client } from '../api/client.ts'
import { API_ORIGIN } from '../api/origin.ts'
import { session } from '../auth/session.ts'

import type { Admission } from './connection.ts'

/** The token that last opened the stream. */
let used: string | undefined

/** The address of the stream and what opens it: a ticket if tokens expire, otherwise the token itself. */
export async function admission(over: boolean): Promise<Admission> {
  const url = `${API_ORIGIN}/api/v1/activity`
  const { token, renewed, tickets } = session()
  // The API says that the token has expired; by the clock here it may seem valid for a moment longer.
  if (over && used !== undefined) await renewed(used)
  used = await token()
  if (!tickets) return { url, headers: { authorization: `Bearer ${used}` }, endsAt: null }
  const before = session().endsAt
  const { ticket } = await answerOf(client.POST('/api/v1/activity/tickets'))
  const after = session().endsAt
  // Another request may have renewed the token in the meantime, and the ticket may belong to the old one.
  const endsAt = before !== null && after !== null ? Math.min(before, after) : after
  return { url: `${url}?ticket=${encodeURIComponent(ticket)}`, headers: {}, endsAt }
}
