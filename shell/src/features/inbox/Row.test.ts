import { expect, onTestFinished, test, vi } from 'vitest'

test.each([
  ['16px', 84],
  ['24px', 126],
  ['', 84],
])('a row has room for its three lines in letters of any size: %s', async (fontSize, height) => {
  const { style } = document.documentElement
  onTestFinished(() => void style.removeProperty('font-size'))
  style.fontSize = fontSize
  vi.resetModules()
  const { ROW_HEIGHT } = await import('./Row.tsx')
  expect(ROW_HEIGHT).toBe(height)
})
