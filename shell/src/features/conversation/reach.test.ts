import { expect, test } from 'vitest'

import { callTo, mailTo } from './reach.ts'

test.each([
  ['paula+tents@example.com', 'mailto:paula%2Btents@example.com'],
  ['paula@example.com?bcc=mallory@example.com', 'mailto:paula@example.com%3Fbcc%3Dmallory@example.com'],
  ['paula@example.com&cc=mallory@example.com', 'mailto:paula@example.com%26cc%3Dmallory@example.com'],
  ['paula@example.com,mallory@example.com', 'mailto:paula@example.com%2Cmallory@example.com'],
  ['paula@example.com%2Cmallory@example.com', 'mailto:paula@example.com%252Cmallory@example.com'],
  ['grün@example.com', 'mailto:gr%C3%BCn@example.com'],
])('an e-mail to %s goes to that address alone', (email, link) => {
  expect(mailTo(email)).toBe(link)
})

test.each([
  ['+491701234567', 'tel:+491701234567'],
  ['+49 (170) 123-45.67', 'tel:+49(170)123-45.67'],
  ['＋４９ １７０', 'tel:+49170'],
  ['Tel. 0170 1234567 ext. 8', 'tel:01701234567'],
  ['+49170;phone-context=example.com', 'tel:+49170'],
  ['*21*0170#', null],
  ['+', null],
  ['(-)', null],
  ['not known', null],
])('a call to %s is a call to its number', (phone, link) => {
  expect(callTo(phone)).toBe(link)
})
