import { act, screen } from '@testing-library/react'
import { expect, onTestFinished, test } from 'vitest'

import { Failure } from '#api/failure.ts'
import { type ConnectionStatus, connectionStatus } from '#live/status.ts'
import { show } from '#test/render.tsx'

import { ConnectionMark } from './ConnectionMark.tsx'

test('what becomes of the connection is announced, without how long ago, and nothing while it works', async () => {
  onTestFinished(() => connectionStatus.set({ state: 'connecting', heardAt: null }))
  show(<ConnectionMark />)
  const told = await screen.findByRole('status')
  const becomes = (state: ConnectionStatus['state'], heardAt = 1) =>
    act(() => connectionStatus.set({ state, heardAt, ...(state === 'refused' && { why: new Failure(404, {}) }) }))
  expect(told).toBeEmptyDOMElement()
  becomes('live')
  expect(told).toBeEmptyDOMElement()
  becomes('reconnecting')
  expect(told).toHaveTextContent(/^Reconnecting$/)
  becomes('offline')
  expect(told).toHaveTextContent(/^Offline$/)
  expect(screen.getByRole('img')).toHaveAccessibleName(/^Offline; last contact .+ ago$/)
  becomes('refused')
  expect(told).toHaveTextContent(/^Not live$/)
  becomes('live', 2)
  expect(told).toHaveTextContent(/^Live again$/)
})
