/** What becomes of selected rows when the list is built anew. */
import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { expect, onTestFinished, test } from 'vitest'

import { createStore, useStore } from '#base/store.ts'
import { clearSelection, selection } from '#desk/selection.ts'
import { api, http, NOWHERE } from '#test/api.ts'
import { show } from '#test/render.tsx'
import { aConversation, anAnnouncement, instant, uuid } from '#test/samples.ts'

import { List } from './List.tsx'
import { Place } from './place.ts'
import type { View } from './view.ts'

const aRow = (name: string) => aConversation({ contact: { id: uuid(), name, thumbnail: null } })

/** How the screen of the inbox is laid out, and what it shows. */
const screenOf = createStore<{ layout: 'wide' | 'narrow' | 'away'; view: View }>({ layout: 'wide', view: {} })
const lay = (next: Partial<ReturnType<typeof screenOf.get>>) => act(() => screenOf.set({ ...screenOf.get(), ...next }))

/** The list, as the screen of the inbox has it. */
function Inbox() {
  const [place] = useState(() => new Place())
  const { layout, view } = useStore(screenOf)
  const list = <List view={view} openId={undefined} place={place} />
  if (layout === 'away') return null
  return layout === 'wide' ? <section>{list}</section> : <div>{list}</div>
}

async function selected(...names: string[]) {
  onTestFinished(() => {
    clearSelection()
    screenOf.set({ layout: 'wide', view: {} })
  })
  const rows = ['Ada', 'Bo', 'Cleo'].map(aRow)
  api.use(http.get('/api/v1/conversations', ({ response }) => response(200).json({ data: rows, page: { limit: 50, nextCursor: null }, position: NOWHERE })))
  const { live } = show(<Inbox />)
  for (const name of names) await userEvent.click(await screen.findByRole('checkbox', { name: `Select ${name}` }))
  return live
}

test('rows stay selected when the window becomes narrow, and wide again', async () => {
  await selected('Ada', 'Cleo')
  lay({ layout: 'narrow' })
  expect(await screen.findByText('2 selected')).toBeVisible()
  expect(screen.getByRole('checkbox', { name: 'Select Ada' })).toBeChecked()
  expect(screen.getByRole('checkbox', { name: 'Select Bo' })).not.toBeChecked()
  lay({ layout: 'wide' })
  expect(await screen.findByText('2 selected')).toBeVisible()
})

test('while the list is away nothing is selected, and then what was before', async () => {
  await selected('Bo')
  lay({ layout: 'away' })
  expect(selection.get()).toEqual([])
  lay({ layout: 'narrow' })
  expect(await screen.findByText('1 selected')).toBeVisible()
})

test('all that can be selected is what shows: not what is held back while somebody points at the list', async () => {
  const live = await selected('Ada')
  await userEvent.hover(screen.getByRole('list', { name: 'Conversations' }))
  const data = JSON.stringify(anAnnouncement({ conversation: { ...aRow('Dora'), lastActivityAt: instant(9) } }))
  act(() => live.take({ event: 'conversation_updated', id: 'e:1', data }))
  expect(await screen.findByRole('button', { name: 'Show new activity' })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Select all 3' }))
  expect(screen.getByText('3 selected')).toBeVisible()
  expect(screen.queryByRole('button', { name: /^Select all/ })).toBeNull()
})

test('what no row shows is selected by no key', async () => {
  onTestFinished(clearSelection)
  const rows = [aRow('Ada'), aRow('Bo')]
  api.use(http.get('/api/v1/conversations', ({ response }) => response(200).json({ data: rows, page: { limit: 50, nextCursor: null }, position: NOWHERE })))
  show(<List view={{}} openId={uuid()} />)
  const row = await screen.findByRole('link', { name: /^Ada/ })
  await userEvent.keyboard('x')
  expect(selection.get()).toEqual([])
  act(() => row.focus())
  await userEvent.keyboard('x')
  expect(selection.get()).toEqual([rows[0]!.id])
})

test('in another view nothing is selected', async () => {
  await selected('Bo')
  lay({ view: { status: 'resolved' } })
  await screen.findByRole('checkbox', { name: 'Select Bo' })
  expect(selection.get()).toEqual([])
})
