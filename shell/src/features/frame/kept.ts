import { useAnyChosen } from '#live/chosen.ts'

/** What becomes, should the page be loaded anew, of what was begun on it. */
export function useKept(): string {
  return useAnyChosen() ? 'what you wrote is kept, but files have to be chosen again' : 'what you wrote is kept'
}
