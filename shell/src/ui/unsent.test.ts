import { act, renderHook } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'

import { forgetUnsent, takeUpUnsent, useUnsent } from './unsent.ts'

beforeEach(() => {
  sessionStorage.clear()
  takeUpUnsent('ana')
})

const typed = (about: string) => renderHook(() => useUnsent(about, '')).result

test('what was typed and not sent is there on the next page of the tab, for whoever typed it and nobody else', () => {
  const reason = typed('escalate 7')
  act(() => reason.current[1]('It is much.'))
  act(() => takeUpUnsent('ana'))
  expect(reason.current[0]).toBe('It is much.')
  act(() => takeUpUnsent('bo'))
  expect(reason.current[0]).toBe('')
  act(() => takeUpUnsent('ana'))
  expect(reason.current[0]).toBe('')
})

test('nor for whoever has an id that begins with theirs, or theirs with that one', () => {
  const reason = typed('escalate 7')
  act(() => takeUpUnsent('ana.b'))
  act(() => reason.current[1]('It is much.'))
  act(() => takeUpUnsent('ana'))
  expect(sessionStorage).toHaveLength(0)
  act(() => reason.current[1]('It is little.'))
  act(() => takeUpUnsent('ana.b'))
  expect(reason.current[0]).toBe('')
})

test('whatever characters their id has', () => {
  const reason = typed('escalate 7')
  act(() => takeUpUnsent('auth0|ana.b@example.com'))
  act(() => reason.current[1]('It is much.'))
  // As every version has named it.
  expect(Object.keys(sessionStorage)).toEqual(['axis.unsent.auth0|ana.b@example.com.escalate 7'])
  act(() => takeUpUnsent('auth0|ana.b@example.com'))
  expect(reason.current[0]).toBe('It is much.')
})

test('what was sent, or given up, is not', () => {
  const [sent, emptied] = [typed('escalate 7'), typed('escalate 8')]
  act(() => sent.current[1]('It is much.'))
  act(() => emptied.current[1]('It is little.'))
  act(() => forgetUnsent('escalate 7', 'It is much.'))
  act(() => emptied.current[1](''))
  act(() => takeUpUnsent('ana'))
  expect([sent.current[0], emptied.current[0]]).toEqual(['', ''])
  expect(sessionStorage).toHaveLength(0)
})

test('of very many, those that were typed last are kept', () => {
  const all = Array.from({ length: 60 }, (_, index) => typed(`escalate ${index}`))
  act(() => all.forEach(({ current: [, put] }, index) => put(`Reason ${index}`)))
  // Somebody goes on with an older one.
  act(() => all[11]!.current[1]('Reason 11, and another'))
  act(() => all[0]!.current[1]('Reason 0, once more'))
  act(() => takeUpUnsent('ana'))
  expect(all[0]!.current[0]).toBe('Reason 0, once more')
  expect(all[10]!.current[0]).toBe('')
  expect(all[11]!.current[0]).toBe('Reason 11, and another')
  expect(all[59]!.current[0]).toBe('Reason 59')
  expect(sessionStorage.length).toBeLessThanOrEqual(50)
})
