import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'

import { api } from './api.ts'

// jsdom has no layout. Lists render as many rows as fit, so something must fit.
class NoResizeObserver implements ResizeObserver {
  observe() {
    // Nothing is ever resized.
  }
  unobserve() {
    // As above.
  }
  disconnect() {
    // As above.
  }
}
vi.stubGlobal('ResizeObserver', NoResizeObserver)
vi.stubGlobal('scrollTo', () => undefined)
// jsdom has no styles either; browsers support those that are asked about.
vi.stubGlobal('CSS', { ...CSS, supports: () => true })
vi.stubGlobal('matchMedia', (media: string) => ({
  media,
  matches: true,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
}))
Object.defineProperties(HTMLElement.prototype, {
  scrollTo: { configurable: true, value: () => undefined },
  scrollBy: { configurable: true, value: () => undefined },
  scrollIntoView: { configurable: true, value: () => undefined },
  clientHeight: { configurable: true, get: () => 800 },
  clientWidth: { configurable: true, get: () => 400 },
})

// `make test` tries the same each time, so that what turns red is the change at hand.
const seed = process.env.FC_SEED
if (seed !== undefined) {
  const { default: fc } = await import('fast-check')
  fc.configureGlobal({ seed: Number(seed) })
}

// As long as `soon` waits: a busy machine is slow, which is not what the tests are about.
configure({ asyncUtilTimeout: 20_000 })
beforeAll(() => api.listen({ onUnhandledRequest: 'error' }))
afterEach(() => {
  cleanup()
  api.resetHandlers()
  localStorage.clear()
})
afterAll(() => api.close())
