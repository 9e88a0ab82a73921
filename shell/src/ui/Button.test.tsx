import { act, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'

import { styled } from '#test/styled.ts'

import { Button, IconButton } from './Button.tsx'
import { LoadMore } from './LoadMore.tsx'

test('what is under way is not done twice, and keeps the focus', async () => {
  const [pressed, sent] = [vi.fn(), vi.fn((event: React.SyntheticEvent) => event.preventDefault())]
  const form = (busy: boolean) => (
    <form onSubmit={sent}>
      <Button type="submit" busy={busy} onClick={pressed}>
        Send
      </Button>
    </form>
  )
  const { rerender } = render(form(false))
  const button = screen.getByRole('button')
  act(() => button.focus())
  await userEvent.keyboard('{Enter}')
  rerender(form(true))
  await userEvent.keyboard('{Enter}')
  expect(button).toHaveFocus()
  expect(button).toHaveAttribute('aria-disabled', 'true')
  expect([pressed, sent].map((one) => one.mock.calls.length)).toEqual([1, 1])
})

test('who asks for more of a list, and then for more again, stays where they press', async () => {
  const more = vi.fn()
  const further = (isFetchingNextPage: boolean) => (
    <LoadMore of={{ hasNextPage: true, isFetchingNextPage, isFetchNextPageError: false, fetchNextPage: more }} what="Earlier requests" name="Show earlier" />
  )
  const { rerender } = render(further(false))
  await userEvent.click(screen.getByRole('button'))
  rerender(further(true))
  expect(screen.getByRole('button')).toBeEnabled()
  expect(screen.getByRole('button')).toHaveFocus()
})

test('a button has the size that its place gives it', async () => {
  render(
    <>
      <Button className="h-6 px-2">Undo</Button>
      <IconButton label="Close" className="size-7">
        ×
      </IconButton>
    </>,
  )
  const undo = await styled(screen.getByRole('button', { name: 'Undo' }))
  expect([undo.height, undo.paddingInline]).toEqual(['calc(var(--spacing) * 6)', 'calc(var(--spacing) * 2)'])
  const close = await styled(screen.getByRole('button', { name: 'Close' }))
  expect([close.width, close.height]).toEqual(['calc(var(--spacing) * 7)', 'calc(var(--spacing) * 7)'])
})
