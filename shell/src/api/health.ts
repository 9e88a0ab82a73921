import { session } from '../auth/session.ts'

import { deadline } from './deadline.ts'
import { Failure } from './failure.ts'
import { API_ORIGIN } from './origin.ts'

export type PartStatus = 'up' | 'degraded' | 'down'

/** What `/health` answers; its status is 503 while something is down, and the body is the same. */
export interface Health {
  status: PartStatus
  checks: Record<string, { status: PartStatus; detail?: string }>
}

export async function readHealth(signal: AbortSignal): Promise<Health> {
  try {
    const answer = await fetch(`${API_ORIGIN}/api/v1/health`, {
      signal: deadline(signal),
      headers: { authorization: `Bearer ${await session().token()}` },
    })
    if (!answer.ok && answer.status !== 503) throw new Failure(answer.status, {})
    return (await answer.json()) as Health
  } catch (error) {
    throw Failure.from(error)
  }
}
