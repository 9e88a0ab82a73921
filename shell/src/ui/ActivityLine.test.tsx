import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'

import type { Activity } from '#api/types.ts'
import { show } from '#test/render.tsx'
import { instant, uuid } from '#test/samples.ts'
import { styled } from '#test/styled.ts'

import { ActivityLine } from './ActivityLine.tsx'

const REFUND = { approvalId: uuid(), approvalType: 'refund', requestedBy: 'Ana Beispiel' }

test.each<[type: string, data: Activity['data'], words: string]>([
  ['approval_submitted', REFUND, 'asked for approval: refund'],
  ['approval_approved', REFUND, 'approved the request of Ana Beispiel: refund'],
  [
    'approval_approved',
    { ...REFUND, approvalType: 'proposed_reply', edited: true },
    'approved the request of Ana Beispiel: proposed reply, with a different text',
  ],
  ['approval_rejected', REFUND, 'rejected the request of Ana Beispiel: refund'],
  ['approval_withdrawn', REFUND, 'withdrew a request: refund'],
  // Told before it was said whose it was.
  ['approval_approved', { approvalType: 'refund' }, 'approved a request: refund'],
  ['approval_rejected', {}, 'rejected a request'],
])('of %s %o is said what it was', async (type, data, words) => {
  const activity: Activity = {
    id: uuid(),
    type,
    source: 'axis',
    actor: { type: 'member', id: 'dana', name: 'Dana Decider' },
    occurredAt: instant(0),
    data,
  }
  show(<ActivityLine activity={activity} />)
  expect((await screen.findByText('Dana Decider')).parentElement).toHaveTextContent(new RegExp(`^Dana Decider ${words}$`))
})

test('a sentence that is too long for its line takes another one', async () => {
  const activity: Activity = {
    id: uuid(), type: 'approval_approved', source: 'axis', actor: { type: 'member', id: 'dana', name: 'Dana Decider' }, occurredAt: instant(0), data: REFUND,
  }
  show(<ActivityLine activity={activity} />)
  const sentence = (await screen.findByText('Dana Decider')).parentElement!
  expect((await styled(sentence)).whiteSpace).not.toBe('nowrap')
})
