import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'

import { mayOnly } from '#test/may.ts'
import { show } from '#test/render.tsx'
import { uuid } from '#test/samples.ts'

import CommandBar from './CommandBar.tsx'

const nothing = () => undefined

/** The bar over an open conversation; what it offers. */
async function offered(): Promise<string[]> {
  const { router } = show(<CommandBar open onOpenChange={nothing} onHelp={nothing} />)
  await router.navigate({ href: `/inbox/${uuid(1)}` })
  return (await screen.findAllByRole('option')).map((one) => one.textContent)
}

test('what somebody may not do is not offered', async () => {
  mayOnly('conversations:read')
  const names = await offered()
  expect(names).toEqual(expect.arrayContaining([expect.stringContaining('Go to the inbox')]))
  expect(names.filter((name) => /Resolve|Escalate|Assign|Set |canned|operations/.test(name))).toEqual([])
})

test('what they may do is', async () => {
  mayOnly('conversations:read', 'conversations:update', 'operations:read')
  const names = (await offered()).join()
  for (const one of ['Resolve', 'Assign', 'Go to operations']) expect(names).toContain(one)
  expect(names).not.toContain('Escalate')
})
