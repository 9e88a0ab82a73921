import { screen } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { ChatwootState } from '#api/types.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { uuid } from '#test/samples.ts'

import { Health } from './Health.tsx'

const account = (given: Partial<ChatwootState> = {}): ChatwootState => ({
  accountId: uuid(), chatwootAccountId: 1, state: 'well', waiting: 0, ...given,
})

function given(accounts: ChatwootState[]) {
  api.use(
    http.untyped.get('*/api/v1/health', () => HttpResponse.json({ status: 'up', checks: { postgres: { status: 'up' } } })),
    http.get('/api/v1/chatwoot', ({ response }) => response(200).json({ data: accounts })),
  )
  show(<Health />)
}

const parts = async () => (await screen.findAllByRole('listitem')).map(({ textContent }) => textContent)

test('everything works if Chatwoot answers', async () => {
  given([account()])
  expect(await screen.findByText('Chatwoot')).toBeVisible()
  expect(screen.getByRole('status')).toHaveTextContent('Everything works')
  expect(await parts()).toEqual(['DatabaseWorks', 'ChatwootWorks'])
})

test('not everything works if Chatwoot does not answer, however well our own parts are', async () => {
  given([account({ name: 'Acme', state: 'silent' }), account({ name: 'Berg', chatwootAccountId: 2 })])
  expect(await screen.findByText('does not answer')).toBeVisible()
  expect(screen.getByRole('status')).toHaveTextContent('Something is not working properly')
  expect(await parts()).toEqual(['DatabaseWorks', 'Chatwoot (Acme)does not answer'])
})
