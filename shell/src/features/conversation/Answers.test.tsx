import { screen } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'

import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aMessage, uuid } from '#test/samples.ts'

import { ALL_SEEN } from './lines.ts'
import { Thread } from './Thread.tsx'

/** A thread with one message of this kind. */
function given(contentType: string, contentAttributes: object) {
  const message = aMessage({ contentType, contentAttributes: { ...contentAttributes }, content: 'Please answer.', messageType: 'outgoing' })
  api.use(
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ data: [message], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
  )
  show(<Thread conversationId={uuid(1)} contactId={uuid(2)} chatwootUrl="https://chatwoot.test/7" unread={ALL_SEEN} onEdit={vi.fn()} />)
  return screen.findByText('Please answer.')
}

const FORM = { items: [{ name: 'order', label: 'Number of your order' }], submitted_values: [{ name: 'order', value: '4711' }] }

test.each([
  ['form', FORM, ['Number of your order'], ['4711']],
  ['form', { submitted_values: [{ name: 'size', title: 'Size', value: 42 }, { name: 'empty', value: ' ' }] }, ['Size'], ['42']],
  ['input_select', { submitted_values: [{ title: 'A refund', value: 'refund' }] }, ['A refund'], ['refund']],
  ['input_csat', { submitted_values: { csat_survey_response: { rating: 4, feedback_message: 'Quick!' } } }, ['Rating', 'Feedback'], ['4', 'Quick!']],
  ['input_email', { submitted_email: 'paula@example.com' }, ['E-mail'], ['paula@example.com']],
])('what a customer answered is shown with its question: %s', async (kind, attributes, names, values) => {
  await given(kind, attributes)
  expect(screen.getAllByRole('term').map((one) => one.textContent)).toEqual(names)
  expect(screen.getAllByRole('definition').map((one) => one.textContent)).toEqual(values)
  expect(screen.queryByRole('link', { name: 'Open in Chatwoot' })).toBeNull()
})

test.each([
  ['cards', { items: [{ title: 'A tent' }] }],
  ['form', { submitted_values: 'nonsense', items: null }],
])('what else there is to a message is in Chatwoot: %s', async (kind, attributes) => {
  await given(kind, attributes)
  expect(screen.getByText('The rest is visible in Chatwoot')).toBeVisible()
  expect(screen.getByRole('link', { name: 'Open in Chatwoot' })).toHaveAttribute('href', 'https://chatwoot.test/7')
  expect(screen.queryByRole('term')).toBeNull()
})

test.each(['text', 'sticker'])('to others there is nothing else: %s', async (kind) => {
  await given(kind, { submitted_email: 'paula@example.com' })
  expect(screen.queryByText(/in Chatwoot/)).toBeNull()
})
