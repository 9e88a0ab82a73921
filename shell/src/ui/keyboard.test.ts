import { renderHook } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import { SINGLE_KEYS, useKeys } from './keyboard.ts'
import { write } from './remembered.ts'

test('keys of one character can be switched off everywhere; the others stay', async () => {
  const pressed: string[] = []
  const note = (key: string) => () => void pressed.push(key)
  renderHook(() => useKeys({ j: note('j'), 'g i': note('g i'), Escape: note('Escape'), 'mod+k': note('mod+k') }))
  const keys = 'jgi{Escape}{Control>}k{/Control}'
  await userEvent.keyboard(keys)
  expect(pressed).toEqual(['j', 'g i', 'Escape', 'mod+k'])
  write(SINGLE_KEYS, false)
  await userEvent.keyboard(keys)
  expect(pressed.slice(4)).toEqual(['Escape', 'mod+k'])
})
