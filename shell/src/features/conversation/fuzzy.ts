/** Finds canned responses by what people remember of them. */
import type { CannedResponse } from '#api/types.ts'

/** Only the beginning of a text is searched; nobody remembers more. */
const SEARCHED = 600

/** The length of the shortest part of a text that contains these letters in order; infinite if there is none. */
function stretch(text: string, letters: string): number {
  let shortest = Infinity
  for (let from = text.indexOf(letters[0] ?? ''); from !== -1; from = text.indexOf(letters[0] ?? '', from + 1)) {
    let at = from
    for (const letter of letters.slice(1)) {
      at = text.indexOf(letter, at + 1)
      // Starting later, there is even less text.
      if (at === -1) return shortest
    }
    shortest = Math.min(shortest, at - from + 1)
  }
  return shortest
}

/** How far a response is from what is wanted: smaller is better, infinite is no match. */
function distance({ shortCode, content }: CannedResponse, wanted: string): number {
  if (wanted === '') return 0
  const code = shortCode.toLowerCase()
  if (code === wanted) return 0
  if (code.startsWith(wanted)) return 1
  const inCode = stretch(code, wanted)
  if (inCode < Infinity) return 2 + inCode / 1_000
  // A long text contains any letters somewhere.
  const inText = stretch(content.slice(0, SEARCHED).toLowerCase(), wanted)
  return inText <= wanted.length * 1.5 + 1 ? 3 + inText / 1_000 : Infinity
}

/** The responses that match, the best first. */
export function meant(responses: readonly CannedResponse[], wanted: string): CannedResponse[] {
  const letters = wanted.toLowerCase()
  return responses
    .map((response) => ({ response, far: distance(response, letters) }))
    .filter(({ far }) => far < Infinity)
    .sort((a, b) => a.far - b.far || a.response.shortCode.localeCompare(b.response.shortCode))
    .map(({ response }) => response)
}
