import { session } from '../auth/session.ts'

import { deadline } from './deadline.ts'
import { Failure } from './failure.ts'
import { API_ORIGIN } from './origin.ts'

export type PartStatus = 'up' | 'degraded' | 'down'

/** The body of `/health`, which is the same whether its status is 200 or, while something is down, 503. */
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
