import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, onTestFinished, test } from 'vitest'

import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation } from '#test/samples.ts'

import { Conversation } from './Conversation.tsx'

test('what is written in another tab takes nothing from under the hands of whoever writes a note', async () => {
  const row = aConversation()
  api.use(
    http.untyped.get('*/api/v1/conversations/:id', () => HttpResponse.json(row)),
    http.untyped.get('*/api/v1/conversations/:id/messages', () =>
      HttpResponse.json({ data: [], page: { limit: 50, hasMore: false }, position: NOWHERE }),
    ),
  )
  const { live } = show(<Conversation id={row.id} />)
  onTestFinished(live.drafts.start())
  await screen.findByRole('textbox', { name: 'Reply' })
  // By the key: the field has the focus before it is that of a note.
  await userEvent.keyboard('n')
  const field = await screen.findByRole('textbox', { name: 'Note' })
  expect(field).toHaveFocus()
  await userEvent.keyboard('Ask them')
  const newValue = JSON.stringify({ text: 'They called', kept: true })
  window.dispatchEvent(new StorageEvent('storage', { key: `axis.draft.dev-admin.${row.id}.note`, newValue }))
  expect(field).toHaveValue('Ask them')
  await userEvent.click(document.body)
  await waitFor(() => expect(field).toHaveValue('They called\n\nAsk them'))
})
