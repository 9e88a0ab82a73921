import { screen } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import type { AccountState } from '#api/types.ts'
import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { uuid } from '#test/samples.ts'

import { Accounts } from './Accounts.tsx'

test.each([[300, 5, '100'], [300, 2.5, '50'], [30, 1, '100'], [300, 0, '0']])(
  'of %i requests a minute, %d at once are %s percent of what may be left',
  async (perMinute, available, percent) => {
    const account: AccountState = {
      id: uuid(), baseUrl: 'https://chat.example.com', chatwootAccountId: 1, outbound: { pending: 0 },
      breaker: { state: 'closed', failures: 0 }, rate: { perMinute, available },
    }
    api.use(http.untyped.get('*/api/v1/operations/accounts', () => HttpResponse.json({ data: [account] })))
    show(<Accounts acts={false} />)
    expect(await screen.findByRole('meter', { name: 'Of the budget left' })).toHaveAttribute('aria-valuenow', percent)
  },
)
