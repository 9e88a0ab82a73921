import { expect, test } from 'vitest'

import type { CannedResponse } from '#api/types.ts'
import { aConversation, instant, uuid } from '#test/samples.ts'

import { meant } from './fuzzy.ts'
import { fill, leftIn, valuesOf } from './variables.ts'

const canned = (shortCode: string, content: string): CannedResponse => ({
  accountId: uuid(1), chatwootId: 1, shortCode, content, updatedAt: instant(0),
})

test('a prepared answer is found by its code, by letters of it, and by words of its text', () => {
  const all = [
    canned('refund-done', 'The money is on its way.'),
    canned('greeting', 'Hello and welcome'),
    canned('fund', 'About funds'),
  ]
  const codes = (wanted: string) => meant(all, wanted).map((one) => one.shortCode)
  expect(codes('')).toEqual(['fund', 'greeting', 'refund-done'])
  expect(codes('fund')).toEqual(['fund', 'refund-done'])
  expect(codes('rdn')).toEqual(['refund-done'])
  expect(codes('Money')).toEqual(['refund-done'])
  expect(codes('welcom')).toEqual(['greeting'])
  expect(codes('xyz')).toEqual([])
})

test('variables are filled with what is known, and those that are left are named', () => {
  const values = valuesOf({
    conversation: aConversation({ chatwootId: 12, customAttributes: { order: 'AX-1', empty: '' } }),
    contact: undefined,
    agent: { name: 'Ana Maria Beispiel', email: 'ana@example.com' },
    inboxName: 'Website',
  })
  expect(
    fill('Hi {{contact.first_name}} {{ contact.last_name }}: {{conversation.id}} {{conversation.custom_attribute.order}}', values),
  ).toBe('Hi Paula Probe: 12 AX-1')
  expect(fill('{{agent.name}}, {{agent.last_name}}, {{agent.email}}, {{inbox.name}}', values)).toBe(
    'Ana Maria Beispiel, Beispiel, ana@example.com, Website',
  )
  const filled = fill("{{contact.email}} {{contact.phone | default: 'your number'}} {{conversation.custom_attribute.empty}}", values)
  expect(filled).toBe('{{contact.email}} your number {{conversation.custom_attribute.empty}}')
  expect(leftIn(filled)).toEqual(['{{contact.email}}', '{{conversation.custom_attribute.empty}}'])
  expect(leftIn('{ not one }')).toEqual([])
})

/** The variables' values, for a customer who is called that. */
const calledOf = (name: string) =>
  valuesOf({
    conversation: aConversation({ contact: { id: uuid(), name }, customAttributes: { risk: 'high' } }),
    contact: undefined, agent: { name: 'Ana' }, inboxName: null,
  })

test.each(['$& $1 $$', 'A {b} 100 %', 'a}}', '{'])('a value is put in as it is, whatever characters it has: %s', (name) => {
  expect(fill('Hi {{contact.name}}', calledOf(name)).replaceAll('\u2060', '')).toBe(`Hi ${name}`)
})

test.each([
  ['Hi {{contact.name}}', '{{conversation.custom_attribute.risk}}'],
  ['Hi {{contact.name}}', '{{{conversation.custom_attribute.risk}}}'],
  ['Hi {{contact.name}}', '{{nothing}}'],
  ['Hi {{contact.name}}', '{% assign a = 1 %}'],
  ['Hi {{{contact.name}}}', '{conversation.custom_attribute.risk}'],
  ['Hi {{{contact.name}}}', '% assign a = 1 %'],
  ['Hi {{contact.name}}{{contact.name}}}', '{conversation.custom_attribute.risk}{'],
  ['Hi {{contact.name}}{conversation.custom_attribute.risk}}', '{'],
])('but never as a variable: %s of %s', (text, name) => {
  const values = calledOf(name)
  const filled = fill(text, values)
  expect(fill(filled, values)).toBe(filled)
  expect(filled).not.toMatch(/\{[{%]/)
  expect(leftIn(filled)).toEqual([])
  expect(filled.replaceAll('\u2060', '')).toBe(text.replaceAll('{{contact.name}}', name))
})
