import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { Contact, Conversation } from '#api/types.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, anApproval, instant, uuid } from '#test/samples.ts'
import { styled } from '#test/styled.ts'

import { Context } from './Context.tsx'

const HERE = aConversation()
const CONTACT = HERE.contact?.id ?? ''

function given(contact: Partial<Contact>, conversations: Conversation[], shown = HERE) {
  api.use(
    http.untyped.get('*/api/v1/activity', () =>
      HttpResponse.json({ data: [], page: { limit: 50, nextCursor: null }, position: NOWHERE }),
    ),
    http.get('/api/v1/contacts/{id}', ({ response }) =>
      response(200).json({
        id: CONTACT, accountId: uuid(1), chatwootId: 5, name: 'Paula Probe',
        additionalAttributes: {}, customAttributes: {}, blocked: false, updatedAt: instant(0), ...contact,
      }),
    ),
    http.get('/api/v1/conversations', ({ request, response }) => {
      expect(new URL(request.url).searchParams.get('contactId')).toBe(CONTACT)
      return response(200).json({ data: conversations, page: { limit: 50, nextCursor: null }, position: NOWHERE })
    }),
  )
  return show(<Context conversation={shown} />)
}

test('who writes can be reached by what is known of them', async () => {
  given({ email: 'paula@example.com', phoneNumber: '+491701234567', customAttributes: { plan: 'Gold' } }, [HERE])
  expect(await screen.findByRole('link', { name: 'paula@example.com' })).toHaveAttribute('href', 'mailto:paula@example.com')
  expect(screen.getByRole('link', { name: '+491701234567' })).toHaveAttribute('href', 'tel:+491701234567')
  expect(screen.getByText('Gold')).toBeVisible()
  expect(await screen.findByText('No previous conversations')).toBeVisible()
})

test('and at what they gave alone: no further recipient, and no number that is none', async () => {
  given({ email: 'p@example.com?bcc=m@example.com', phoneNumber: '*21*0170#' }, [HERE])
  const email = await screen.findByRole('link', { name: 'p@example.com?bcc=m@example.com' })
  expect(email).toHaveAttribute('href', 'mailto:p@example.com%3Fbcc%3Dm@example.com')
  expect(screen.getByText('*21*0170#').closest('a')).toBeNull()
})

test('that somebody is blocked is said in words', async () => {
  given({ blocked: true }, [HERE])
  expect(await screen.findByText('Blocked')).toBeVisible()
  expect(screen.queryByText('Only the name is available')).toBeNull()
})

test('what they wrote before is a way away', async () => {
  const before = aConversation({
    contact: HERE.contact ?? null,
    status: 'resolved',
    lastMessage: { id: 'm', content: 'Thanks for the tent!', messageType: 'incoming', private: false, createdAt: instant(0) },
  })
  given({}, [HERE, before])
  const link = await screen.findByRole('link', { name: /Resolved: .*Thanks for the tent!/ })
  expect(link).toHaveAttribute('href', expect.stringContaining(before.id))
  const section = link.closest('section')
  expect(section && within(section).getAllByRole('listitem')).toHaveLength(1)
  expect(await screen.findByText('Only the name is available')).toBeVisible()
})

const down = () => HttpResponse.json({ code: 'unavailable', detail: 'it is down' }, { status: 503 })

test('what is known stays when it could not be read again', async () => {
  const { queryClient } = given({ email: 'paula@example.com' }, [HERE])
  api.use(http.get('/api/v1/approvals', ({ response }) => response(200).json({ data: [anApproval()], page: { limit: 100 }, position: NOWHERE })))
  await screen.findByRole('link', { name: 'paula@example.com' })
  const request = await screen.findByText('It arrived broken.')
  api.use(http.untyped.get('*/api/v1/contacts/:id', down), http.untyped.get('*/api/v1/approvals', down))
  await act(() => queryClient.refetchQueries())
  expect(screen.getByRole('link', { name: 'paula@example.com' })).toBeVisible()
  expect(request).toBeVisible()
  expect(screen.queryByText(/it is down/i)).toBeNull()
})

test('what could not be read at all is asked for again', async () => {
  given({}, [HERE])
  api.use(...['contacts/:id', 'conversations', 'approvals'].map((what) => http.untyped.get(`*/api/v1/${what}`, down)))
  await waitFor(() => expect(screen.getAllByText(/^it is down/)).toHaveLength(3))
  api.resetHandlers()
  given({ email: 'paula@example.com' }, [HERE]).unmount()
  for (const button of screen.getAllByRole('button', { name: 'Try again' })) await userEvent.click(button)
  expect(await screen.findByRole('link', { name: 'paula@example.com' })).toBeVisible()
  expect(await screen.findByText('No previous conversations')).toBeVisible()
  expect(await screen.findByText('No requests')).toBeVisible()
})

test('a conversation that ends with a file alone has a name, too', async () => {
  const before = aConversation({
    chatwootId: 42,
    lastMessage: { id: 'm', content: '', messageType: 'outgoing', private: false, createdAt: instant(0) },
  })
  given({}, [HERE, before])
  expect(await screen.findByRole('link', { name: /Conversation 42/ })).toBeVisible()
})

test.each([['user', 'Otto Other'], ['agent_bot', 'Bot 5']])('whose name is not told, the catalogue knows, of people: %s', async (type, name) => {
  const person = { accountId: HERE.accountId, chatwootId: 5, name: 'Otto Other', you: false, updatedAt: instant(0) }
  api.use(http.untyped.get('*/api/v1/agents', () => HttpResponse.json({ data: [person] })))
  given({}, [HERE], aConversation({ ...HERE, assignee: { id: 5, type, name: null } }))
  expect(await screen.findByText(name)).toBeVisible()
})

test('names are there in full, however long, and run as they are written', async () => {
  const name = 'مؤسسة الشحن والتوصيل السريع للتجارة والخدمات اللوجستية'
  const label = 'asked-for-a-refund-twice-and-was-promised-it'
  const contact = { id: CONTACT, name, thumbnail: null }
  given({ customAttributes: { preferred_way_of_being_called: 'بالبريد' } }, [HERE], { ...HERE, contact, labels: [label] })
  for (const words of [name, label, 'Preferred way of being called']) {
    expect((await styled(await screen.findByText(words))).textOverflow).not.toBe('ellipsis')
  }
  for (const words of [name, 'بالبريد']) expect(screen.getByText(words)).toHaveAttribute('dir', 'auto')
})
