import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'

import type { Attachment } from '#api/types.ts'
import { show } from '#test/render.tsx'
import { uuid } from '#test/samples.ts'

import { Attachments } from './Attachments.tsx'

const aFile = (given: Partial<Attachment>): Attachment => ({ id: uuid(), url: '/api/v1/attachments/1', fileType: 'file', ...given })

test('a name cannot pretend to end otherwise, by marks that turn it around', async () => {
  show(<Attachments attachments={[aFile({ fileName: 'invoice\u202efdp.exe' })]} />)
  const name = await screen.findByText('invoicefdp.exe')
  expect(name.tagName).toBe('BDI')
  expect(screen.getByRole('button')).toHaveAccessibleName('invoicefdp.exe , download')
})

test('what has no name but such marks is a file', async () => {
  show(<Attachments attachments={[aFile({ fileName: '\u202e', title: '' })]} />)
  expect(await screen.findByText('File')).toBeVisible()
})
