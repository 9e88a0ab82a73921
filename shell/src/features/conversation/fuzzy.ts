/** Prepared answers by what somebody remembers of them. */
import type { CannedResponse } from '#api/types.ts'

/** Further into a text nobody remembers it. */
const SEARCHED = 600

/** The shortest stretch of a text that has these letters in their order; infinite if there is none. */
function stretch(text: string, letters: string): number {
  let shortest = Infinity
  for (let from = text.indexOf(letters[0] ?? ''); from !== -1; from = text.indexOf(letters[0] ?? '', from + 1)) {
    let at = from
    for (const letter of letters.slice(1)) {
      at = text.indexOf(letter, at + 1)
      // Further on there is even less.
      if (at === -1) return shortest
    }
    shortest = Math.min(shortest, at - from + 1)
  }
  return shortest
}

/** How far it is from what is looked for: least is best, infinite is no answer at all. */
function distance({ shortCode, content }: CannedResponse, wanted: string): number {
  if (wanted === '') return 0
  const code = shortCode.toLowerCase()
  if (code === wanted) return 0
  if (code.startsWith(wanted)) return 1
  const inCode = stretch(code, wanted)
  if (inCode < Infinity) return 2 + inCode / 1_000
  // In a long text there are any letters, somewhere.
  const inText = stretch(content.slice(0, SEARCHED).toLowerCase(), wanted)
  return inText <= wanted.length * 1.5 + 1 ? 3 + inText / 1_000 : Infinity
}

/** Those that may be meant, the likeliest first. */
export function meant(responses: readonly CannedResponse[], wanted: string): CannedResponse[] {
  const letters = wanted.toLowerCase()
  return responses
    .map((response) => ({ response, far: distance(response, letters) }))
    .filter(({ far }) => far < Infinity)
    .sort((a, b) => a.far - b.far || a.response.shortCode.localeCompare(b.response.shortCode))
    .map(({ response }) => response)
}
