/** Changes one or many conversations, and can undo that. */
import { Failure } from '#api/failure.ts'
import type { Conversation } from '#api/types.ts'
import { createStore } from '#base/store.ts'
import type { Live } from '#live/live.ts'

import { bodyOf, type Change, fits, isAboutLabels, reverse, shownWith } from './change.ts'

/** Progress of a change of several conversations; null while there is none. */
export const underWay = createStore<{ readonly done: number; readonly of: number } | null>(null)

/** A conversation, and what is to change in it. */
export interface Wanted {
  readonly id: string
  readonly to: Change
}

export interface Refused extends Wanted {
  readonly failure: Failure
}

export interface Outcome {
  readonly changed: readonly Wanted[]
  readonly refused: readonly Refused[]
  /** Undoes the change. */
  readonly undo: () => Promise<Outcome>
}

const ELSEWHERE = 'It belongs to another Chatwoot account, which has its own agents and teams'

/** How many requests run at once. */
const WIDTH = 6

export async function change(live: Live, wanted: readonly Wanted[]): Promise<Outcome> {
  const changed: Wanted[] = []
  const refused: Refused[] = []
  const back: Wanted[] = []
  const many = wanted.length > 1
  const tell = () => many && underWay.set({ done: changed.length + refused.length, of: wanted.length })
  tell()
  await doEach(wanted, async (one) => {
    const { id, to } = one
    try {
      const before = await live.change(id, alteration(to))
      changed.push(one)
      back.push({ id, to: reverse(to, before) })
    } catch (error) {
      refused.push({ id, to, failure: Failure.from(error) })
    }
    tell()
  })
  if (many) underWay.set(null)
  return { changed, refused, undo: () => change(live, back) }
}

/** Runs work for each item, a few at a time. */
export async function doEach<T>(many: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = many.values()
  const next = async () => {
    for (const one of waiting) await work(one)
  }
  await Promise.all(Array.from({ length: Math.min(WIDTH, many.length) }, next))
}

function alteration(to: Change) {
  return {
    over: (row: Conversation) => (fits(to, row) ? shownWith(to, row) : row),
    body: (row: Conversation) => {
      if (!fits(to, row)) throw new Failure(422, { code: 'another-account', detail: ELSEWHERE })
      return bodyOf(to, row.labels)
    },
    builds: isAboutLabels(to),
  }
}
