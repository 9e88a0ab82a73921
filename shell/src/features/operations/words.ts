import { titled } from '#ui/words.ts'

/** Turns a name of the API, such as `refused-by-database`, into words. */
export function inWords(name: string): string {
  return titled(name.replaceAll('-', ' '))
}

/** Why webhooks were refused, where the name that it has in the API says too little. */
const REFUSALS: Record<string, string> = {
  busy: 'Too many at once',
  'broken-body': 'Body broke off',
  'foreign-account': 'About another account',
  internal: 'Error in the receiver',
  'journal-share': 'No room left for this tenant',
  'media-type': 'Not sent as JSON',
  'not-json': 'Not JSON',
  'not-published': 'Not confirmed by the stream',
  signature: 'Wrong signature',
  'slow-body': 'Body came too slowly',
  stale: 'Clocks too far apart',
  unsigned: 'Not signed',
}

export function refusal(reason: string): string {
  return REFUSALS[reason] ?? inWords(reason)
}
