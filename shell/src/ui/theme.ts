import { local } from '#base/storage.ts'
import { createStore, useStore } from '#base/store.ts'

export type Theme = 'light' | 'dark'

/** Starts with what `public/theme.js` set before the first paint, from the stored choice. */
const theme = createStore<Theme>(document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light')

export function currentTheme(): Theme {
  return theme.get()
}

export function setTheme(next: Theme): void {
  document.documentElement.dataset.theme = next
  local.writeText('axis.theme', next)
  theme.set(next)
}

export function useTheme(): Theme {
  return useStore(theme)
}
