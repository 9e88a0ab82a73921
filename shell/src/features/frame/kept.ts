import { useAnyChosen } from '#live/chosen.ts'

/** What becomes, should the page be loaded anew, of what was begun on it. */
export function useKept(): string {
  return useAnyChosen() ? 'your drafts are saved, but files must be attached again' : 'your drafts are saved'
}
