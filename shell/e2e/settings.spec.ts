/** The programs of the tests, which write and delete, are those that the tests started. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { claim } from './provider.ts'
import { ended, expect, start, test } from './system.ts'

test('whatever database and NATS the shell at hand names, the tests have their own', async () => {
  const before = { ...process.env }
  const folder = await mkdtemp(join(tmpdir(), 'axis-e2e-'))
  // Where nobody listens: a program that reads this ends.
  Object.assign(process.env, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', NATS_URL: 'nats://127.0.0.1:1' })
  try {
    const { process: child } = await start(folder)
    await claim(folder)
    await ended(child)
    expect(child.exitCode).toBe(0)
  } finally {
    process.env = before
    await rm(folder, { recursive: true, force: true })
  }
})
