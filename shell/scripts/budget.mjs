// What a browser loads before it shows the inbox, against the budget.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET = 200 * 1024
const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))
const entry = Object.values(manifest).find((chunk) => chunk.isEntry)
const inbox = Object.values(manifest).find((chunk) => chunk.name === 'inbox')
if (!entry || !inbox) throw new Error('the build has no entry or no chunk of the inbox: has it been renamed?')

const needed = new Set()
const need = (chunk) => {
  if (needed.has(chunk.file)) return
  needed.add(chunk.file)
  for (const name of chunk.imports ?? []) need(manifest[name])
}
need(entry)
need(inbox)

let total = 0
for (const file of needed) {
  const bytes = gzipSync(readFileSync(new URL(file, dist))).length
  total += bytes
  console.log(`${(bytes / 1024).toFixed(1).padStart(7)} kB  ${file}`)
}
console.log(`${(total / 1024).toFixed(1).padStart(7)} kB  of ${BUDGET / 1024} kB, gzipped, until the inbox shows`)
if (total > BUDGET) {
  console.error('over budget')
  process.exitCode = 1
}
