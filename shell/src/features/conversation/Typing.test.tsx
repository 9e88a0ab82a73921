import { render, screen } from '@testing-library/react'
import { expect, onTestFinished, test } from 'vitest'

import { typing } from '#live/typing.ts'
import { styled } from '#test/styled.ts'

import { Typing } from './Typing.tsx'

test.each([
  ['contact', 'is typing'],
  ['member', 'is replying…'],
])('who types (%s) stays on its line, however long the name', async (actorType, does) => {
  const typist = { actorType, name: 'Paula Probe '.repeat(20).trim(), private: false }
  typing('c', typist, true)
  onTestFinished(() => typing('c', typist, false))
  render(<Typing conversationId="c" />)
  const words = screen.getByText(`${typist.name} ${does}`)
  const { overflow, whiteSpace } = await styled(words)
  expect({ overflow, whiteSpace }).toEqual({ overflow: 'hidden', whiteSpace: 'nowrap' })
})
