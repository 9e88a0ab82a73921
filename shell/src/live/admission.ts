import { answerOf, client } from '../api/client.ts'
import { API_ORIGIN } from '../api/origin.ts'
import { session } from '../auth/session.ts'

import type { Admission } from './connection.ts'

/** The token that opened the stream last. */
let used: string | undefined

/** Where the stream is, and what opens it: a ticket where tokens end, else the token itself. */
export async function admission(over: boolean): Promise<Admission> {
  const url = `${API_ORIGIN}/api/v1/activity`
  const { token, renewed, tickets } = session()
  // The API has said so; by the clock here it may be good for a moment yet.
  if (over && used !== undefined) await renewed(used)
  used = await token()
  if (!tickets) return { url, headers: { authorization: `Bearer ${used}` }, endsAt: null }
  const before = session().endsAt
  const { ticket } = await answerOf(client.POST('/api/v1/activity/tickets'))
  const after = session().endsAt
  // Another request may have had the token renewed meanwhile: then the ticket is of the one before.
  const endsAt = before !== null && after !== null ? Math.min(before, after) : after
  return { url: `${url}?ticket=${encodeURIComponent(ticket)}`, headers: {}, endsAt }
}
