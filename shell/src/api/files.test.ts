import { expect, onTestFinished, test, vi } from 'vitest'

import { uuid } from '#test/samples.ts'

import { session } from '../auth/session.ts'

import { sendWithFiles } from './files.ts'

test('an upload that is stopped before it has a token sends nothing', async () => {
  const opened = vi.spyOn(XMLHttpRequest.prototype, 'open')
  let admit: (token: string) => void = () => undefined
  const { token } = session()
  onTestFinished(() => void Object.assign(session(), { token }))
  Object.assign(session(), { token: () => new Promise<string>((go) => (admit = go)) })
  const upload = new AbortController()
  const sending = { progress: () => undefined, signal: upload.signal, header: {} }
  const sent = sendWithFiles(uuid(), { content: 'With this' }, [new File(['Two tents'], 'receipt.txt')], sending)
  upload.abort()
  admit('late')
  await expect(sent).rejects.toMatchObject({ code: 'stopped' })
  expect(opened).not.toHaveBeenCalled()
})
