import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, onTestFinished, test, vi } from 'vitest'

import { Failure } from '#api/failure.ts'
import { chooseFiles, takeChosen } from '#live/chosen.ts'
import { connectionStatus } from '#live/status.ts'
import { show } from '#test/render.tsx'
import { uuid } from '#test/samples.ts'

import { ConnectionMark } from './ConnectionMark.tsx'
import { NotLive } from './NotLive.tsx'

function given(status: number) {
  const why = new Failure(status, { detail: 'the role is missing' })
  connectionStatus.set({ state: 'refused', heardAt: null, why })
  onTestFinished(() => connectionStatus.set({ state: 'connecting', heardAt: null }))
  return show(
    <>
      <ConnectionMark />
      <NotLive />
    </>,
  )
}

test.each([
  [401, /Sign in again/, 'Sign in'],
  [403, /Ask an administrator/, 'Try again'],
  [404, /tell an administrator/, 'Reload'],
])('a connection that is refused for good (%i) is told, with what to do', async (status, words, button) => {
  given(status)
  expect(await screen.findByRole('alert')).toHaveTextContent(words)
  expect(screen.getByRole('alert')).toHaveTextContent(`${status}: the role is missing`)
  expect(screen.getByRole('button', { name: button })).toBeVisible()
  expect(screen.getByRole('img', { name: 'Not live: the role is missing' })).toBeVisible()
})

test('whoever has to sign in anew is told what becomes of what they have begun', async () => {
  given(401)
  expect(await screen.findByRole('alert')).toHaveTextContent('your drafts are saved.')
  const id = uuid()
  act(() => void chooseFiles(id, 'note', [new File(['Two tents'], 'receipt.txt')]))
  expect(screen.getByRole('alert')).toHaveTextContent('your drafts are saved, but files must be attached again.')
  act(() => void takeChosen(id, 'note'))
  expect(screen.getByRole('alert')).toHaveTextContent('your drafts are saved.')
})

test('it is tried again on request, and told no more once it is live, or dismissed and not live since', async () => {
  const { live } = given(403)
  const again = vi.spyOn(live, 'reconnect')
  await userEvent.click(await screen.findByRole('button', { name: 'Try again' }))
  expect(again).toHaveBeenCalledOnce()
  act(() => connectionStatus.set({ state: 'live', heardAt: 1 }))
  expect(screen.queryByRole('alert')).toBeNull()
  act(() => connectionStatus.set({ state: 'refused', heardAt: 1, why: new Failure(404, {}) }))
  await userEvent.click(screen.getByRole('button', { name: 'Dismiss' }))
  expect(screen.queryByRole('alert')).toBeNull()
  act(() => connectionStatus.set({ state: 'live', heardAt: 2 }))
  act(() => connectionStatus.set({ state: 'refused', heardAt: 2, why: new Failure(404, {}) }))
  expect(screen.getByRole('alert')).toBeVisible()
})
