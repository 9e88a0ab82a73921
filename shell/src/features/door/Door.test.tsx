import { render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'

import { Failure } from '#api/failure.ts'
import { INSECURE } from '#auth/provider.ts'

import { Door } from './Door.tsx'

test('who cannot sign in for lack of TLS is not told that they have no access', () => {
  render(<Door failure={new Failure(403, { code: INSECURE, detail: 'https is needed' })} enter={vi.fn()} signOut={null} />)
  expect(screen.getByRole('heading', { name: 'You cannot sign in at this address' })).toBeVisible()
  expect(screen.getByText('https is needed.')).toBeVisible()
})
