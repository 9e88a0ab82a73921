/** Changing conversations, one or many, told in words and undone on request. */
import { Failure } from '#api/failure.ts'
import type { Conversation } from '#api/types.ts'
import type { Live } from '#live/live.ts'
import { createStore } from '#live/store.ts'

import { bodyOf, type Change, isAboutLabels, reverse, shownWith } from './change.ts'

/** How far a change of several conversations is; null when none is under way. */
export const underWay = createStore<{ readonly done: number; readonly of: number } | null>(null)

export interface Refused {
  readonly id: string
  readonly failure: Failure
}

export interface Outcome {
  readonly changed: readonly string[]
  readonly refused: readonly Refused[]
  /** Makes what was changed as it was before. */
  readonly undo: () => Promise<Outcome>
}

/** So many requests at once. */
const WIDTH = 6

export async function change(live: Live, ids: readonly string[], wanted: Change): Promise<Outcome> {
  return await each(live, ids.map((id) => [id, wanted]))
}

async function each(live: Live, wanted: (readonly [id: string, change: Change])[]): Promise<Outcome> {
  const waiting = [...wanted]
  const changed: string[] = []
  const refused: Refused[] = []
  const back: [string, Change][] = []
  const many = wanted.length > 1
  const tell = () => many && underWay.set({ done: changed.length + refused.length, of: wanted.length })
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [id, to] = next
      try {
        const before = await live.change(id, alteration(to))
        changed.push(id)
        back.push([id, reverse(to, before)])
      } catch (error) {
        refused.push({ id, failure: Failure.from(error) })
      }
      tell()
    }
  }
  tell()
  await Promise.all(Array.from({ length: Math.min(WIDTH, wanted.length) }, work))
  if (many) underWay.set(null)
  return { changed, refused, undo: () => each(live, back) }
}

function alteration(to: Change) {
  return {
    over: (row: Conversation) => shownWith(to, row),
    body: (row: Conversation) => bodyOf(to, row.labels),
    builds: isAboutLabels(to),
  }
}
