import { expect, test } from 'vitest'

import type { Announcement } from '#api/types.ts'
import type { Written } from '#live/written.ts'
import { aConversation, aMessage, anAnnouncement, anApproval } from '#test/samples.ts'

import { type At, toastOf } from './news.ts'

const at = (given: Partial<At> = {}): At => ({
  pathname: '/activity',
  beside: undefined,
  wide: true,
  person: { id: 'bea', name: 'Bea', may: () => true },
  isListed: () => false,
  nameOf: () => 'Paula Probe',
  ...given,
})
const conversation = aConversation()
const open = `/inbox/${conversation.id}`

test('a new message is told, but not to whoever sees its conversation or its row', () => {
  const message = aMessage({ conversationId: conversation.id })
  const told = (given: Partial<At>, content: string | null = 'Hello?') =>
    toastOf({ kind: 'message', conversation, message: { ...message, content } }, at(given))
  expect(told({})).toMatchObject({
    title: 'New message from Paula Probe', detail: 'Hello?', opens: { label: 'Open', at: { params: { id: conversation.id } } },
  })
  expect(told({}, null)).toMatchObject({ detail: 'Attachment' })
  expect(told({ pathname: open })).toBeNull()
  expect(told({ pathname: '/approvals/1', beside: conversation.id })).toBeNull()
  expect(told({ pathname: '/approvals/1', beside: 'another' })).not.toBeNull()
  const isListed = () => true
  expect(told({ pathname: '/inbox', isListed })).toBeNull()
  expect(told({ pathname: '/inbox/another', isListed })).toBeNull()
  expect(told({ pathname: '/inbox/another', isListed, wide: false })).not.toBeNull()
  expect(told({ pathname: '/activity', isListed })).not.toBeNull()
})

test('a reply that did not go out is told, but not to whoever sees it', () => {
  const written = { clientId: 'one', conversationId: conversation.id, state: 'refused', reason: 'too long' } as Written
  const heldUp = (given: Partial<Written>, where: Partial<At> = {}) => toastOf({ kind: 'held-up', written: { ...written, ...given } }, at(where))
  expect(heldUp({})).toMatchObject({ title: 'Not sent to Paula Probe', detail: 'too long', bad: true })
  expect(heldUp({ state: 'overtaken' })).toMatchObject({ detail: 'Someone else wrote before it was sent' })
  expect(heldUp({}, { nameOf: () => undefined })).toMatchObject({ title: 'Not sent to the customer' })
  expect(heldUp({}, { pathname: open })).toBeNull()
  const failed = { kind: 'not-sent', conversation, message: aMessage({ stateReason: 'no such number' }) } as const
  const told = toastOf(failed, at())
  // Of one conversation they are one.
  expect(told).toMatchObject({ key: heldUp({})?.key, title: 'Not sent to Paula Probe', detail: 'no such number', bad: true })
  expect(toastOf(failed, at({ pathname: open }))).toBeNull()
})

test('of a note it is told that it was not saved: it goes to nobody', () => {
  const written = { clientId: 'one', conversationId: conversation.id, private: true, state: 'refused', reason: 'too long' } as Written
  expect(toastOf({ kind: 'held-up', written }, at())).toMatchObject({ title: 'Note not saved: Paula Probe', detail: 'too long' })
  const message = aMessage({ private: true, stateReason: null })
  expect(toastOf({ kind: 'not-sent', conversation, message }, at())).toMatchObject({ title: 'Note not saved: Paula Probe', detail: 'Chatwoot refused the note' })
})

test('who decides is told what is asked, and who has asked what was decided', () => {
  const told = (type: string, given: Parameters<typeof anApproval>[0], where: Partial<At> = {}) =>
    toastOf({ kind: 'approval', type, approval: anApproval({ reason: 'It broke', ...given }) }, at(where))
  expect(told('approval_submitted', {})).toMatchObject({ title: 'Ana Beispiel asks for approval', detail: 'It broke' })
  expect(told('approval_submitted', { requestedById: 'bea' })).toBeNull()
  // What is told late may be decided by now.
  expect(told('approval_submitted', { status: 'approved', decidedBy: 'Cleo' })).toBeNull()
  expect(told('approval_submitted', {}, { person: { id: 'bea', name: 'Bea', may: () => false } })).toBeNull()
  const own = { requestedById: 'bea', status: 'approved', decidedBy: 'Ana', decision: 'Fine' } as const
  expect(told('approval_approved', own)).toMatchObject({ title: 'Approved by Ana', detail: 'Fine' })
  expect(told('approval_rejected', { ...own, status: 'rejected', decision: null })).toMatchObject({ title: 'Rejected by Ana', detail: 'It broke' })
  expect(told('approval_approved', { ...own, requestedById: 'ana' })).toBeNull()
  expect(told('approval_withdrawn', own)).toBeNull()
  expect(told('approval_approved', { ...own, id: 'seen' }, { pathname: '/approvals/seen' })).toBeNull()
})

test('what Chatwoot refused is told, and opens what it was about, if it was about anything', () => {
  const undone = (given: Partial<Announcement>) => toastOf({ kind: 'undone', announcement: anAnnouncement(given) }, at())
  expect(undone({ conversation, data: { command: 'set_team', reason: 'no such team' } })).toMatchObject({
    title: 'The team was not changed', detail: 'no such team', bad: true, opens: { label: 'Show' },
  })
  const told = undone({})
  expect(told).toMatchObject({ title: 'A change was not made', detail: 'Chatwoot refused it' })
  expect(told).not.toHaveProperty('opens')
})
