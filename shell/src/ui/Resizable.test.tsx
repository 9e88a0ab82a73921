import { act, fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, onTestFinished, test } from 'vitest'

import { write } from './remembered.ts'
import { Resizable } from './Resizable.tsx'

const { innerWidth } = window

/** The edge of a list whose width is remembered, in a window so wide. */
function given(remembered: number, wide: number) {
  onTestFinished(() => resize(innerWidth))
  resize(wide)
  write('axis.width.list', remembered)
  render(
    <Resizable name="list" label="Width of the list" initial={340} least={280} most={520}>
      A list
    </Resizable>,
  )
  return screen.getByRole('separator', { name: 'Width of the list' })
}

function resize(wide: number) {
  act(() => {
    window.innerWidth = wide
    window.dispatchEvent(new Event('resize'))
  })
}

test('what is beside a list has room, however wide the list was in a wider window', async () => {
  const edge = given(520, 760)
  expect(edge).toHaveAttribute('aria-valuenow', '342')
  expect(edge).toHaveAttribute('aria-valuemax', '342')
  expect(edge.parentElement).toHaveStyle({ width: '342px' })
  resize(1440)
  expect(edge).toHaveAttribute('aria-valuenow', '520')
  resize(760)
  // From what is seen, not from what is remembered.
  edge.focus()
  await userEvent.keyboard('{ArrowLeft}')
  expect(edge).toHaveAttribute('aria-valuenow', '326')
})

test('its width is had without dragging, too', () => {
  HTMLElement.prototype.setPointerCapture = () => undefined
  const edge = given(340, 1440)
  const press = (to: number) => {
    // jsdom's pointer events have no coordinates.
    fireEvent(edge, new MouseEvent('pointerdown', { clientX: 345, bubbles: true }))
    fireEvent(edge, new MouseEvent('pointermove', { clientX: to }))
    fireEvent(edge, new Event('lostpointercapture'))
  }
  for (const width of ['520', '280', '340']) {
    press(346)
    expect(edge).toHaveAttribute('aria-valuenow', width)
  }
  // Dragging moves the edge by as much as the pointer moved, wherever it was grabbed.
  press(375)
  expect(edge).toHaveAttribute('aria-valuenow', '370')
})
