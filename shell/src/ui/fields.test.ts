import { expect, test } from 'vitest'

import { coloursOf, contrast } from '#test/colours.ts'

const THEMES = ['light', 'dark'] as const
const GROUNDS = ['ground', 'surface', 'raised', 'sunken']

test.each(THEMES.flatMap((theme) => GROUNDS.map((ground) => [theme, ground] as const)))('where a field is can be seen, %s, on %s', (theme, ground) => {
  const colours = coloursOf(theme)
  expect(contrast(colours.get('text'), colours.get('surface'))).toBeGreaterThan(7)
  expect(contrast(colours.get('field-line'), colours.get(ground))).toBeGreaterThanOrEqual(3)
})
