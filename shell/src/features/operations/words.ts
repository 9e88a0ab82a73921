import { titled } from '#ui/words.ts'

/** A name of the wire, such as `refused-by-database`, as people read it. */
export function inWords(name: string): string {
  return titled(name.replaceAll('-', ' '))
}
