import { render, screen, within } from '@testing-library/react'
import { expect, test } from 'vitest'

import { mayOnly } from '#test/may.ts'

import Help from './Help.tsx'

/** What is said of each key. */
async function keys(): Promise<Map<string, string>> {
  render(<Help open onOpenChange={() => undefined} enabled onEnabled={() => undefined} />)
  const terms = within(await screen.findByRole('dialog', { name: 'Keyboard shortcuts' })).getAllByRole('term')
  return new Map(terms.map((term) => [term.parentElement!.querySelector('dd')!.textContent, term.textContent]))
}

test('all keys are shown with what they do', async () => {
  const shown = await keys()
  expect(shown.get('Resolve and go to the next')).toBe('E')
  expect(shown.get('Assign to me')).toBe('M')
  expect(shown.get('Reply')).toBe('R')
  expect(shown.get('Go to operations')).toBe('GO')
})

test('keys that do nothing for who is here are not shown', async () => {
  mayOnly('conversations:read')
  const shown = [...(await keys()).keys()]
  expect(shown).toEqual(expect.arrayContaining(['Open', 'Go to the inbox']))
  expect(shown.filter((what) => /Reply|Note|Send|Canned|Select|Resolve|Snooze|Assign|Team|Label|Priority|unread|operations/.test(what))).toEqual([])
})
