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

test.each([
  ['请看 https://example.com/a，谢谢。', 'https://example.com/a'],
  ['こちら（https://example.com/b?c=1）をご覧ください', 'https://example.com/b?c=1'],
  ['انظر https://example.com/d، شكرا', 'https://example.com/d'],
  ['See https://example.com/e, thanks.', 'https://example.com/e'],
  ['https://例え.jp/道', 'https://例え.jp/道'],
])('the marks around a link are no part of it: %s', (text, address) => {
  expect(box(text)).toBe(text)
  expect(screen.getByRole('link')).toHaveAttribute('href', address)
})
