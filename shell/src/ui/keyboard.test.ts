import { fireEvent, renderHook } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, onTestFinished, test } from 'vitest'

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

test('a box that was ticked takes no key away', async () => {
  const pressed: string[] = []
  renderHook(() => useKeys({ e: () => void pressed.push('e'), Escape: () => void pressed.push('Escape') }))
  const box = document.body.appendChild(Object.assign(document.createElement('input'), { type: 'checkbox' }))
  const field = document.body.appendChild(document.createElement('input'))
  onTestFinished(() => [box, field].forEach((one) => one.remove()))
  await userEvent.click(box)
  await userEvent.keyboard('e{Escape} ')
  expect(pressed).toEqual(['e', 'Escape'])
  expect(box).not.toBeChecked()
  await userEvent.click(field)
  await userEvent.keyboard('e')
  expect(pressed).toHaveLength(2)
})

test('a key that is held down goes on from one to the next, and else acts once', () => {
  const pressed: string[] = []
  const note = (key: string) => () => void pressed.push(key)
  renderHook(() => useKeys({ j: note('j'), e: note('e'), 'mod+b': note('mod+b') }))
  const hold = (key: string, ctrlKey = false) =>
    [false, true, true].map((repeat) => fireEvent.keyDown(document.body, { key, ctrlKey, repeat }))
  hold('j')
  hold('e')
  // Nor is it the browser's then.
  expect(hold('b', true)).toEqual([false, false, false])
  expect(pressed).toEqual(['j', 'j', 'j', 'e', 'mod+b'])
})

test('what a dialog lies over is not confirmed from within it', () => {
  const pressed: string[] = []
  renderHook(() => useKeys({ 'mod+Enter': () => void pressed.push('approved'), 'mod+k': () => void pressed.push('commands') }))
  const dialog = document.body.appendChild(document.createElement('div'))
  onTestFinished(() => dialog.remove())
  dialog.role = 'dialog'
  for (const target of [dialog, document.body]) {
    for (const key of ['k', 'Enter']) fireEvent.keyDown(target, { key, ctrlKey: true })
  }
  expect(pressed).toEqual(['commands', 'commands', 'approved'])
})

test('whoever writes other letters presses the same keys', () => {
  const pressed: string[] = []
  const note = (key: string) => () => void pressed.push(key)
  renderHook(() => useKeys({ e: note('e'), 'g i': note('g i'), 'mod+k': note('mod+k'), l: note('l'), y: note('y') }))
  const press = (key: string, code: string, ctrlKey = false) => fireEvent.keyDown(document.body, { key, code, ctrlKey })
  press('у', 'KeyE')
  press('п', 'KeyG')
  press('ш', 'KeyI')
  press('л', 'KeyK', true)
  // A letter of ours is what it is, wherever its key is.
  press('ł', 'KeyL')
  press('y', 'KeyZ')
  expect(pressed).toEqual(['e', 'g i', 'mod+k', 'y'])
})
