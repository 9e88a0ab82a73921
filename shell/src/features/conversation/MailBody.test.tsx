import { render } from '@testing-library/react'
import { expect, test } from 'vitest'

import MailBody from './MailBody.tsx'

test('a mail runs as its letters do, although it is in a box of its own', () => {
  const { container } = render(<MailBody mail={{ subject: null, html: '<p>שלום עולם</p>' }} />)
  const box = container.querySelector('[data-mail]')?.shadowRoot
  expect(box?.querySelector('p')?.closest('[dir=auto]')).toHaveTextContent('שלום עולם')
})
