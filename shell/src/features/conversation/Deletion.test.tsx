import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'

import { show } from '#test/render.tsx'
import { aMessage } from '#test/samples.ts'
import { styled } from '#test/styled.ts'

import { Deletion } from './Deletion.tsx'

test('a message can be deleted where nothing hovers', async () => {
  show(<Deletion message={aMessage()} />)
  const button = await screen.findByRole('button', { name: 'Delete message' })
  const { display, opacity } = await styled(button)
  expect(display).toBe('flex')
  expect(opacity).not.toMatch(/^0/)
})
