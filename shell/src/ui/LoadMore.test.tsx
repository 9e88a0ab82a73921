import { act, render, screen, waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'

import { LoadMore } from './LoadMore.tsx'

const of = { hasNextPage: true, isFetchingNextPage: false, isFetchNextPageError: false, fetchNextPage: () => Promise.reject(new Error()) }

test('once there is no more, what is around the button has its focus', async () => {
  const shown = (hasNextPage: boolean) => (
    <main tabIndex={-1}>
      <LoadMore of={{ ...of, hasNextPage }} what="Earlier ones" name="Show earlier" />
    </main>
  )
  const { rerender } = render(shown(true))
  act(() => screen.getByRole('button').focus())
  rerender(shown(false))
  await waitFor(() => expect(screen.getByRole('main')).toHaveFocus())
})
