import { act, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'

import { dismiss, toast, toasts } from './toasts.ts'
import { Toasts } from './Toasts.tsx'

beforeEach(() => {
  vi.useFakeTimers()
  for (const one of toasts()) dismiss(one.key)
})
afterEach(() => void vi.useRealTimers())

const later = (milliseconds: number) => act(() => void vi.advanceTimersByTime(milliseconds))

/** Shows toasts with these titles; gives back what was pressed. */
function given(...titles: string[]): string[] {
  const pressed: string[] = []
  for (const title of titles) {
    toast({ key: title, title, detail: 'Ada', action: { label: 'Undo', run: () => void pressed.push(title) } })
  }
  render(<Toasts />)
  return pressed
}

test('a toast goes by itself, but not while somebody points at it or has the focus in it', () => {
  given('Resolved', 'Priority: High')
  for (const detail of screen.getAllByText('Ada')) expect(detail).toHaveAttribute('dir', 'auto')
  const one = screen.getByRole('group', { name: 'Resolved' })
  fireEvent.pointerEnter(one)
  later(60_000)
  expect(toasts().map(({ key }) => key)).toEqual(['Resolved'])
  fireEvent.focus(screen.getByRole('button', { name: 'Undo' }))
  fireEvent.pointerLeave(one)
  later(60_000)
  expect(one).toBeVisible()
  fireEvent.blur(screen.getByRole('button', { name: 'Undo' }))
  later(5_000)
  expect(one).toBeVisible()
  later(2_000)
  expect(toasts()).toEqual([])
})

test('a toast waits for whoever looks at another tab', () => {
  const look = (state: DocumentVisibilityState) => {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
    act(() => void document.dispatchEvent(new Event('visibilitychange')))
  }
  onTestFinished(() => void vi.restoreAllMocks())
  look('hidden')
  given('Approved by Bea')
  later(60_000)
  expect(screen.getByRole('group', { name: 'Approved by Bea' })).toBeVisible()
  look('visible')
  later(5_000)
  expect(screen.getByRole('group', { name: 'Approved by Bea' })).toBeVisible()
  later(2_000)
  expect(toasts()).toEqual([])
})

test('which of several is undone can be told', () => {
  const pressed = given('Resolved', 'Labels: vip')
  fireEvent.click(within(screen.getByRole('group', { name: 'Resolved' })).getByRole('button', { name: 'Undo' }))
  expect(pressed).toEqual(['Resolved'])
})

test('what is only to be read goes when it was', () => {
  toast({ key: 'copied', title: 'Link copied', detail: 'Ada' })
  render(<Toasts />)
  fireEvent.click(screen.getByRole('button', { name: 'OK' }))
  expect(toasts()).toEqual([])
})

test('what went wrong makes room for nothing but what did, too', () => {
  const told = (title: string, bad = false) =>
    toast({ key: title, title, detail: 'Ada', action: { label: 'Show', run: () => undefined }, bad })
  const titles = () => toasts().map(({ title }) => title)
  told('Not sent to Ana', true)
  for (const title of ['one', 'two', 'three']) told(title)
  expect(titles()).toEqual(['Not sent to Ana', 'two', 'three'])
  told('Not changed', true)
  told('Not deleted', true)
  for (const title of ['four', 'five']) {
    told(title)
    expect(titles()).toEqual(['Not sent to Ana', 'Not changed', 'Not deleted', title])
  }
  told('Not escalated', true)
  expect(titles()).toEqual(['Not changed', 'Not deleted', 'Not escalated'])
})

test.each(['Undo', 'Dismiss'])('what had the focus has it again after %s, and after that the page', (name) => {
  given('Resolved')
  const { rerender } = render(
    <main tabIndex={-1}>
      <a href="#row">Row</a>
    </main>,
  )
  const press = () => {
    const button = screen.getByRole('button', { name })
    act(() => button.focus())
    fireEvent.click(button)
    expect(button).not.toBeInTheDocument()
  }
  act(() => screen.getByRole('link').focus())
  press()
  expect(screen.getByRole('link')).toHaveFocus()
  rerender(<main tabIndex={-1} />)
  act(() => toast({ key: 'another', title: 'Resolved', detail: 'Ada', action: { label: 'Undo', run: () => undefined } }))
  press()
  expect(screen.getByRole('main')).toHaveFocus()
})

test('the newest that can be undone is undone by key, and nothing when there is none', () => {
  const pressed = given('Resolved', 'Labels: vip')
  act(() => toast({ key: 'copied', title: 'Link copied', detail: 'Ada' }))
  const press = () => fireEvent.keyDown(document.body, { key: 'z' })
  expect(screen.getAllByRole('button', { name: 'Undo' }).map((one) => one.getAttribute('aria-keyshortcuts'))).toEqual([null, 'Z'])
  press()
  expect(pressed).toEqual(['Labels: vip'])
  press()
  press()
  expect(pressed).toEqual(['Labels: vip', 'Resolved'])
  expect(toasts().map(({ key }) => key)).toEqual(['copied'])
})
