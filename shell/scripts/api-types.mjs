// The client's types from the API's own description. With an address of a running API, takes its
// description first: `npm run types -- http://127.0.0.1:8000`.
import { readFile, writeFile } from 'node:fs/promises'

import openapiTS, { astToString } from 'openapi-typescript'

const DOCUMENT = new URL('../src/api/openapi.json', import.meta.url)
const TYPES = new URL('../src/api/schema.d.ts', import.meta.url)

/** The text of `schema.d.ts` for a description. */
export async function typesOf(document) {
  const types = await openapiTS(document, { alphabetize: true, defaultNonNullable: false, emptyObjectsUnknown: true })
  return `// Made of openapi.json by \`npm run types\`; not to be edited.\n\n${astToString(types)}`
}

if (import.meta.filename === process.argv[1]) {
  const address = process.argv[2]
  if (address) {
    const answer = await fetch(new URL('/api/v1/openapi.json', address))
    if (!answer.ok) throw new Error(`${answer.url} answers ${answer.status}`)
    await writeFile(DOCUMENT, `${JSON.stringify(await answer.json(), null, 2)}\n`)
  }
  await writeFile(TYPES, await typesOf(JSON.parse(await readFile(DOCUMENT, 'utf8'))))
}
