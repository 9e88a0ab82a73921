import { local } from '#base/storage.ts'
import { createStore, useStore } from '#base/store.ts'

export type Theme = 'light' | 'dark'

/** As it is before the first paint (`public/theme.js`), which reads what is kept. */
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
