import { expect, test } from 'vitest'

import { Failure } from './failure.ts'

test.each(['changed', 'stale', 'decided'])('a person is not told of tags and headers: %s', (code) => {
  const detail = 'it has changed since; `current` is its present state, and the header ETag its tag'
  const failure = Failure.answered(412, { code, detail, current: { id: 1 } }, null)
  expect(failure.message).not.toMatch(/`|ETag|If-Match/)
  expect(failure).toMatchObject({ code, current: { id: 1 } })
})

test('other problems are told in the words of the API, or by their status', () => {
  expect(Failure.answered(422, { code: 'invalid', detail: 'it is too long' }, null).message).toBe('it is too long')
  expect(Failure.answered(500, null, null).message).toBe('the server answered 500')
})

test('whoever is asked to quote the trace id is told it, once', () => {
  const problem = { code: 'internal', detail: 'something went wrong here; quote the trace id when you report it', traceId: '4bf92f35' }
  const failure = Failure.answered(500, problem, null)
  expect(failure.message).toBe('something went wrong here; quote the trace id when you report it (trace 4bf92f35)')
  expect(failure.traceId).toBeUndefined()
  const other = Failure.answered(404, { ...problem, code: 'not-found', detail: 'there is no such message' }, null)
  expect(other).toMatchObject({ message: 'there is no such message', traceId: '4bf92f35' })
})
