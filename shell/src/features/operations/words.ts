import { titled } from '#ui/words.ts'

/** Turns a name of the API, such as `refused-by-database`, into words. */
export function inWords(name: string): string {
  return titled(name.replaceAll('-', ' '))
}
