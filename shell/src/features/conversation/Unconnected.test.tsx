import { act, screen } from '@testing-library/react'
import { expect, test } from 'vitest'

import { keys } from '#live/keys.ts'
import { show } from '#test/render.tsx'
import { uuid } from '#test/samples.ts'

import { Unconnected } from './Unconnected.tsx'

test('a conversation of a disconnected account says so, and no other does', async () => {
  const { queryClient } = show(
    <>
      <Unconnected accountId={uuid(1)} />
      <p>here</p>
    </>,
  )
  expect(await screen.findByText('here')).toBeVisible()
  const connected = (number: number) =>
    act(() =>
      void queryClient.setQueryData(keys.chatwoot(), {
        data: [{ accountId: uuid(number), chatwootAccountId: number, state: 'well', waiting: 0 }],
      }),
    )
  expect(screen.queryByRole('status')).toBeNull()
  connected(1)
  expect(screen.queryByRole('status')).toBeNull()
  connected(2)
  expect(await screen.findByRole('status')).toHaveTextContent('account is disconnected')
})
