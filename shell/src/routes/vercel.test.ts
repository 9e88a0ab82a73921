import { expect, test } from 'vitest'

import rules from '../../vercel.json'

test('on a host of its own every address is the Shell, but no file of an older build is', () => {
  const isShell = (path: string) => rules.rewrites.some(({ source }) => new RegExp(`^${source}$`).test(path))
  for (const path of ['/', '/inbox', '/inbox/00000000-0000-8000-8000-000000000001', '/signed-out', '/assets']) {
    expect([path, isShell(path)]).toEqual([path, true])
  }
  expect(isShell('/assets/inbox-Ab12.js')).toBe(false)
})
