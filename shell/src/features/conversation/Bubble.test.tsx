import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'

import type { Message } from '#api/types.ts'
import { show } from '#test/render.tsx'
import { aMessage, uuid } from '#test/samples.ts'

import { Bubble } from './Bubble.tsx'

const ELSEWHERE = 'This kind of message (incoming_email) is only visible in Chatwoot'
const mail = (html: string | null) => ({ email: { subject: 'Your order', html_content: { full: html } } })

function One(given: Partial<Message>) {
  const message = aMessage({ contentType: 'incoming_email', ...given })
  return <Bubble message={message} contactId={uuid(2)} chatwootUrl={null} first last onEdit={() => undefined} />
}

test.each<[what: string, given: Partial<Message>]>([
  ['no text', { content: '', contentAttributes: mail('<p>Where is it?</p>') }],
  ['nothing for a text', { content: null, contentAttributes: mail('<p>Where is it?</p>') }],
])('a mail with a layout and %s shows here', async (_, given) => {
  show(<One {...given} />)
  expect(await screen.findByText('Your order')).toBeVisible()
  expect(screen.queryByText(ELSEWHERE)).toBeNull()
})

test('a mail with neither a text nor a layout shows in Chatwoot only', async () => {
  show(<One content={null} contentAttributes={mail(null)} />)
  expect(await screen.findByText(ELSEWHERE)).toBeVisible()
})
