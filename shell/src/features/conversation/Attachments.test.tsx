import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'

import type { Attachment } from '#api/types.ts'
import { api, http } from '#test/api.ts'
import { held } from '#test/held.ts'
import { show } from '#test/render.tsx'
import { uuid } from '#test/samples.ts'

import { Attachments } from './Attachments.tsx'

const aFile = (given: Partial<Attachment>): Attachment => ({ id: uuid(), url: '/api/v1/attachments/1', fileType: 'file', ...given })

/** An API that has what is asked for; jsdom gives out no addresses of it. */
function files() {
  api.use(http.untyped.get('*/api/v1/attachments/*', () => HttpResponse.text('any bytes')))
  Object.assign(URL, { createObjectURL: () => 'blob:any', revokeObjectURL: () => undefined })
}

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

test('a location that says no place leads to none', async () => {
  const place = { fileType: 'location', latitude: 52.5, longitude: 0 }
  show(<Attachments attachments={[{ ...place, title: 'The shop' }, { fileType: 'location', title: 'Nowhere' }, { fileType: 'location', latitude: 1 }]} />)
  expect(await screen.findByRole('link')).toHaveAttribute('href', 'https://www.openstreetmap.org/?mlat=52.5&mlon=0#map=16/52.5/0')
  expect(screen.getByText('Nowhere')).toBeVisible()
  expect(screen.getByText('Location')).toBeVisible()
})

test.each([['image', 'Picture'], ['video', 'Video'], ['audio', 'Audio'], ['file', 'File']])('what Chatwoot has no copy of (%s) is opened where it is', async (fileType, name) => {
  const link = 'https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=17'
  show(<Attachments attachments={[{ id: uuid(), fileType, link }]} />)
  expect(await screen.findByRole('link', { name })).toHaveAttribute('href', link)
  expect(screen.queryByRole('button')).toBeNull()
})

test.each([
  ['a picture', { fileType: 'image', fileName: 'IMG_1.HEIC' }, async () => screen.findByRole('img', { name: 'IMG_1.HEIC' })],
  ['a sound', { fileType: 'audio', fileName: 'voice.amr' }, async () => {
    await userEvent.click(await screen.findByRole('button', { name: 'Play voice.amr' }))
    return screen.findByLabelText('voice.amr')
  }],
])('%s that the browser cannot show is a file, to be downloaded', async (_, given, shown) => {
  files()
  show(<Attachments attachments={[aFile(given)]} />)
  fireEvent.error(await shown())
  expect(await screen.findByRole('button', { name: `${given.fileName} , download` })).toBeVisible()
})

test('nor does it show broken when it is looked at as large as it is', async () => {
  files()
  const [heic, png] = [aFile({ fileType: 'image', fileName: 'IMG_1.HEIC', thumbUrl: '/thumb' }), aFile({ fileType: 'image', fileName: 'tent.png' })]
  show(<Attachments attachments={[heic, png]} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Open the picture IMG_1.HEIC' }))
  const dialog = within(await screen.findByRole('dialog'))
  fireEvent.error(await dialog.findByRole('img'))
  expect(dialog.getByRole('alert')).toHaveTextContent('This browser cannot show the image')
  expect(dialog.getByRole('button', { name: 'Download' })).toBeEnabled()
  await userEvent.keyboard('{ArrowRight}')
  expect(await dialog.findByRole('img', { name: 'tent.png' })).toBeVisible()
  expect(dialog.queryByRole('alert')).toBeNull()
})

test.each([
  ['file', 'invoice.pdf , download'],
  ['audio', 'Play invoice.pdf'],
])('whoever waits for a file (%s) keeps the focus, and asks for it once', async (fileType, name) => {
  const { answer, come } = held()
  const asked = vi.fn(answer)
  api.use(http.untyped.get('*/api/v1/attachments/*', asked))
  Object.assign(URL, { createObjectURL: () => 'blob:any', revokeObjectURL: () => undefined })
  show(<Attachments attachments={[aFile({ fileType, fileName: 'invoice.pdf' })]} />)
  const button = await screen.findByRole('button', { name })
  await userEvent.click(button)
  await userEvent.keyboard('{Enter}')
  expect(button).toHaveAttribute('aria-disabled', 'true')
  // One that is disabled would lose it.
  expect(button).toBeEnabled()
  expect(button).toHaveFocus()
  come(new HttpResponse(null, { status: 404 }))
  expect(await screen.findByText(/not available/i)).toBeVisible()
  expect(asked).toHaveBeenCalledOnce()
})

test.each(['audio', 'video'])('whoever pressed to play it (%s) can stop it by key', async (fileType) => {
  files()
  show(<Attachments attachments={[aFile({ fileType, fileName: 'voice.mp3' })]} />)
  const button = await screen.findByRole('button', { name: 'Play voice.mp3' })
  button.focus()
  await userEvent.keyboard('{Enter}')
  await waitFor(() => expect(button).not.toBeInTheDocument())
  expect(screen.getByLabelText('voice.mp3')).toHaveFocus()
})

test('and nobody else is taken to it', async () => {
  const { answer, come } = held()
  files()
  api.use(http.untyped.get('*/api/v1/attachments/*', answer))
  show(
    <>
      <Attachments attachments={[aFile({ fileType: 'audio', fileName: 'voice.mp3' })]} />
      <textarea aria-label="Reply" />
    </>,
  )
  await userEvent.click(await screen.findByRole('button', { name: 'Play voice.mp3' }))
  await userEvent.type(screen.getByRole('textbox'), 'Listening')
  come(HttpResponse.text('any bytes'))
  await waitFor(() => expect(screen.getByLabelText('voice.mp3').tagName).toBe('AUDIO'))
  expect(screen.getByRole('textbox')).toHaveFocus()
})
