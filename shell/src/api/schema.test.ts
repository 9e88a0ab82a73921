import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { typesOf } from '../../scripts/api-types.mjs'

const read = (name: string) => readFile(new URL(name, import.meta.url), 'utf8')

test('the types are those of openapi.json; else run `npm run types`', async () => {
  const document: unknown = JSON.parse(await read('openapi.json'))
  expect(await read('schema.d.ts')).toBe(await typesOf(document))
})
