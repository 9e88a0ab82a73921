import { render, screen } from '@testing-library/react'
import { expect, onTestFinished, test, vi } from 'vitest'

import type { Written } from '#live/written.ts'
import { instant, uuid } from '#test/samples.ts'

import { Uploading } from './Uploading.tsx'

const written = (...files: File[]): Written => ({
  clientId: uuid(), conversationId: uuid(), content: '', private: false, createdAt: instant(0), state: 'sending', reason: null,
  seen: null, arrived: [], next: null, files, progress: 0.5,
})

test('files of one name are shown each', () => {
  const warned = vi.spyOn(console, 'error')
  onTestFinished(() => void vi.restoreAllMocks())
  render(<Uploading written={written(new File(['a'], 'image.png'), new File(['bc'], 'image.png'))} stop={vi.fn()} />)
  expect(screen.getAllByRole('listitem').map((one) => one.textContent)).toEqual(['image.png1 B', 'image.png2 B'])
  expect(warned).not.toHaveBeenCalled()
})
