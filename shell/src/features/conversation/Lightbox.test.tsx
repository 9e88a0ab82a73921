import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse } from 'msw'
import { useState } from 'react'
import { expect, test } from 'vitest'

import { api, http } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { uuid } from '#test/samples.ts'

import Lightbox from './Lightbox.tsx'

const PICTURE = { id: uuid(), url: '/api/v1/attachments/1', fileName: 'tent.png', fileType: 'image', contentType: 'image/png' }

function Picture() {
  const [at, setAt] = useState<number | null>(null)
  return (
    <>
      <button type="button" onClick={() => setAt(0)}>
        tent.png
      </button>
      {at !== null && <Lightbox pictures={[PICTURE]} at={at} onAt={setAt} />}
    </>
  )
}

test('the picture has the focus again that was looked at', async () => {
  api.use(http.untyped.get('*/api/v1/attachments/*', () => new HttpResponse(null, { status: 404 })))
  show(<Picture />)
  const button = await screen.findByRole('button', { name: 'tent.png' })
  await userEvent.click(button)
  await waitFor(() => expect(screen.getByRole('dialog')).toHaveFocus())
  await userEvent.keyboard('{Escape}')
  await waitFor(() => expect(button).toHaveFocus())
})
