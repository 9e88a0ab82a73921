import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'

import type { Activity } from '#api/types.ts'
import { show } from '#test/render.tsx'
import { anAbout, instant, uuid } from '#test/samples.ts'
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
  // It may be a note.
  ['message_state_changed', { state: 'sending' }, ': message is being sent'],
  ['message_state_changed', { state: 'sent' }, ': message sent'],
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

const MEMBER = { type: 'member', id: 'dana', name: 'Dana Decider' }
const PAULA = { type: 'contact', id: '5', name: 'Paula Probe' }
const about = anAbout()
const person = { chatwootConversationId: null, channel: null, contact: about.contact ?? null }

test.each<[what: Partial<Activity>, words: string]>([
  [{ type: 'conversation_change_queued', actor: MEMBER, about, data: { field: 'priority' } }, 'Dana Decider changed priority · Paula Probe #7'],
  [{ type: 'approval_submitted', actor: MEMBER, about }, 'Dana Decider asked for approval · Paula Probe #7'],
  [{ type: 'command_settled', about }, 'Chatwoot confirmed a change · Paula Probe #7'],
  [{ type: 'command_failed', about }, 'Change not made in Chatwoot · Paula Probe #7'],
  [{ type: 'conversation_read', actor: MEMBER, about: { ...about, contact: null } }, 'Dana Decider read the conversation · #7'],
  // The customer's own doing.
  [{ type: 'message_created', actor: PAULA, about, data: { messageType: 'incoming' } }, 'Paula Probe wrote a message · #7'],
  [{ type: 'message_created', actor: { ...PAULA, name: 'Otto Other' }, about, data: { messageType: 'incoming' } }, 'Otto Other wrote a message · Paula Probe #7'],
  // A greeting, a survey or a form.
  [{ type: 'message_created', actor: MEMBER, about, data: { messageType: 'template' } }, 'Dana Decider sent an automatic message · Paula Probe #7'],
  [{ type: 'message_created', about, data: { messageType: 'template' } }, 'Automatic message sent · Paula Probe #7'],
  [{ type: 'widget_opened', actor: { ...PAULA, name: null }, about: person }, 'Paula Probe opened the chat window'],
  [{ type: 'widget_opened', actor: { ...PAULA, name: null }, about: null }, 'A customer opened the chat window'],
  // What happened to a person.
  [{ type: 'contact_updated', about: person }, 'Contact changed · Paula Probe'],
  [{ type: 'contact_updated', about: { ...person, contact: null } }, 'Contact changed'],
  [{ type: 'contact_updated', about: null }, 'Contact changed'],
])('of %o it is said whom it concerns', async (what, words) => {
  const activity: Activity = { id: uuid(), type: '', source: 'axis', occurredAt: instant(0), data: {}, ...what }
  show(<ActivityLine activity={activity} />)
  const sentence = (await screen.findByRole('paragraph')).textContent
  expect(sentence.trim()).toBe(words)
})

test('beside its conversation, a line does not name it', async () => {
  show(<ActivityLine beside activity={{ id: uuid(), type: 'command_settled', source: 'axis', about, occurredAt: instant(0), data: {} }} />)
  expect(await screen.findByText('Chatwoot confirmed a change')).toHaveTextContent(/^Chatwoot confirmed a change$/)
})
