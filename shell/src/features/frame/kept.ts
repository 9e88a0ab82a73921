import { useAnyChosen } from '#live/chosen.ts'

/** Says what happens to unsent work if the page is reloaded. */
export function useKept(): string {
  return useAnyChosen() ? 'your drafts are saved, but files must be attached again' : 'your drafts are saved'
}
