import { createEvent, fireEvent, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { beforeEach, expect, test, vi } from 'vitest'

import { show } from '#test/render.tsx'
import { aConversation } from '#test/samples.ts'

import { Composer } from './Composer.tsx'

let here = aConversation()
beforeEach(() => {
  here = aConversation()
})

function Writing() {
  const [kind, setKind] = useState<'reply' | 'note'>('reply')
  return <Composer ref={null} conversation={here} kind={kind} onKind={setKind} />
}

async function choose(file: File) {
  await screen.findByRole('button', { name: 'Attach files' })
  await userEvent.upload(document.querySelector<HTMLInputElement>('[data-attach]')!, file)
}

test('that a file was not taken is told until the rest is sent', async () => {
  const { live } = show(<Writing />)
  const send = vi.spyOn(live.outbox, 'send').mockReturnValue()
  await choose(new File([], 'empty.txt'))
  expect(await screen.findByRole('alert')).toHaveTextContent('“empty.txt” is empty')
  await userEvent.click(screen.getByRole('button', { name: 'Note' }))
  expect(screen.queryByRole('alert')).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Reply' }))
  await userEvent.type(screen.getByRole('textbox'), 'Without it{Control>}{Enter}{/Control}')
  expect(send).toHaveBeenCalledOnce()
  expect(screen.queryByRole('alert')).toBeNull()
})

test('why files cannot wait for an approval is said where it cannot be asked for', async () => {
  show(<Writing />)
  await choose(new File(['Two tents'], 'receipt.txt'))
  await screen.findByRole('button', { name: 'Remove receipt.txt' })
  await userEvent.click(screen.getByRole('button', { name: 'More ways to send' }))
  const ask = await screen.findByRole('menuitem', { name: /^Ask for approval…/ })
  expect(ask).toHaveAttribute('aria-disabled', 'true')
  expect(ask).toHaveTextContent('Not with files')
  await userEvent.keyboard('{Escape}')
  await userEvent.click(screen.getByRole('button', { name: 'Remove receipt.txt' }))
})

test('whoever writes when the channel takes no replies any more is told what comes of it', async () => {
  here = aConversation({ canReply: false })
  show(<Writing />)
  expect(await screen.findByText(/reply window has closed: a reply will most likely not be delivered/)).toBeVisible()
})

test('whoever has chosen files is asked before they leave the page, until these are sent or removed', async () => {
  const leaves = () => window.dispatchEvent(new Event('beforeunload', { cancelable: true }))
  show(<Writing />)
  expect(leaves()).toBe(true)
  await choose(new File(['Two tents'], 'receipt.txt'))
  expect(leaves()).toBe(false)
  await userEvent.click(await screen.findByRole('button', { name: 'Remove receipt.txt' }))
  expect(leaves()).toBe(true)
})

test('whoever removes files one by one stays at them, and after the last one can write', async () => {
  show(<Writing />)
  for (const name of ['a.txt', 'b.txt', 'c.txt']) await choose(new File([name], name))
  const button = (name: string) => screen.getByRole('button', { name: `Remove ${name}` })
  await waitFor(() => expect(button('c.txt')).toBeVisible())
  button('b.txt').focus()
  await userEvent.keyboard('{Enter}')
  expect(button('c.txt')).toHaveFocus()
  await userEvent.keyboard('{Enter}')
  expect(button('a.txt')).toHaveFocus()
  await userEvent.keyboard('{Enter}')
  expect(screen.getByRole('textbox')).toHaveFocus()
})

test('a file that is dropped beside the composer does not take the place of the page', async () => {
  show(<Writing />)
  await screen.findByRole('button', { name: 'Attach files' })
  for (const [types, stays] of [[['Files'], true], [['text/plain'], false]] as const) {
    const dataTransfer = { types, files: [], dropEffect: 'copy' }
    const over = createEvent.dragOver(document.body, { dataTransfer })
    fireEvent(document.body, over)
    const drop = createEvent.drop(document.body, { dataTransfer })
    fireEvent(document.body, drop)
    expect([over.defaultPrevented, drop.defaultPrevented]).toEqual([stays, stays])
  }
})

test.each<[what: string, types: string[], attached: boolean]>([
  ['a file from the Finder, with its name', ['text/plain', 'Files'], true],
  ['a picture from a browser', ['text/html', 'Files'], true],
  ['cells of a spreadsheet, with their picture', ['text/plain', 'text/html', 'Files'], false],
  ['a text of a word processor, with its picture', ['text/plain', 'text/rtf', 'Files'], false],
  ['a text', ['text/plain'], false],
])('pasted, %s comes as what it is', async (_, types, attached) => {
  show(<Writing />)
  await screen.findByRole('button', { name: 'Attach files' })
  const files = types.includes('Files') ? [new File(['Two tents'], 'receipt.png', { type: 'image/png' })] : []
  const paste = createEvent.paste(screen.getByRole('textbox'), { clipboardData: { types, files } })
  fireEvent(screen.getByRole('textbox'), paste)
  // Otherwise the browser inserts the text.
  expect(paste.defaultPrevented).toBe(attached)
  expect(screen.queryAllByRole('button', { name: 'Remove receipt.png' })).toHaveLength(attached ? 1 : 0)
})
