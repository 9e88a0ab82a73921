/** Whether the session that this page started with is over. */
import { createStore, useStore } from '../base/store.ts'

const over = createStore(false)

export function end(): void {
  over.set(true)
}

export function useEnded(): boolean {
  return useStore(over)
}
