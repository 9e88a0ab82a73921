import { expect, test } from 'vitest'

import { type News, onNews, tellNews } from './news.ts'
import type { Written } from './written.ts'

const sent = (clientId: string): News => ({ kind: 'sent', written: { clientId } as Written })

test('what nobody heard is told to all who begin to listen together, in its order, once', async () => {
  tellNews(sent('one'))
  tellNews(sent('two'))
  const heard: [string, News][] = []
  const stops = ['frame', 'changes'].map((name) => onNews((news) => heard.push([name, news])))
  await Promise.resolve()
  for (const name of ['frame', 'changes']) {
    expect(heard.filter(([who]) => who === name).map(([, news]) => news)).toEqual([sent('one'), sent('two')])
  }
  for (const stop of stops) stop()
  const later: News[] = []
  const stop = onNews((news) => later.push(news))
  await Promise.resolve()
  expect(later).toEqual([])
  stop()
})
