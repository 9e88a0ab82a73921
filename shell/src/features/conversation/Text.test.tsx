import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'

import { Text } from './Text.tsx'

const box = (text: string) => render(<Text text={text} mail />).container.textContent

test.each([
  'On Monday, Ana Beispiel wrote:\n> It is on its way.',
  '---- Original Message ----\nFrom: Ana',
  '> one\n> two',
])('what a mail quotes is folded away, with the blank lines before it: %j', (quoted) => {
  expect(box(`Thanks!\n\n\n${quoted}`)).toBe('Thanks!')
  expect(screen.getByRole('button')).toBeVisible()
})

test('a mail of blank lines is shown as it is, as soon as any other', () => {
  const text = `Hello${'\n'.repeat(150_000)}there`
  expect(box(text)).toBe(text)
  const dashes = `Hello${'\n-'.repeat(75_000)}${'-'.repeat(75_000)}`
  expect(box(dashes)).toBe(dashes)
  expect(box(`${text}\n> one\n> two`)).toBe(text)
})
